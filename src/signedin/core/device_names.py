"""The products that user agents name, and what people call them.

One line each: what people call it, then the tokens that stand for it. A user agent names several
(every Chrome also says Safari), so the order is the rule: what stands first here wins. A token
behind a parenthesis is one that begins a remark inside a comment, where "_" is a space.
"""

from __future__ import annotations

from typing import NamedTuple

from signedin.core.device_programs import BOTS, TOOLS
from signedin.core.device_systems import DeviceKind


class Product(NamedTuple):
    """What a product token stands for; of several in one string the lowest rank names it."""

    rank: int
    name: str
    kind: DeviceKind | None  # None: a browser, so the system decides
    base: bool  # others say so too, to be served the same pages


_APPS = """
    Messenger: messengerforios orca-android messengerliteforios
    Facebook Lite: ema
    Facebook: fban fb_iab fbav fbios fb4a facebook
    Instagram: instagram
    Threads: barcelona
    WhatsApp: whatsapp
    Douyin: aweme
    TikTok: musical_ly trill tiktok bytedancewebview bytelocale com.zhiliaoapp.musically
        com.ss.android.ugc.trill
    Snapchat: snapchat
    Pinterest: pinterest
    LINE: line
    WeCom: wxwork
    WeChat: micromessenger wechat weixin
    Alipay: alipayclient aliapp
    DingTalk: dingtalk
    Weibo: weibo __weibo__
    QQ: qq
    KakaoStory: kakaostory
    KakaoTalk: kakaotalk
    Daum: daumapps
    NAVER: naver
    Zalo: zalo
    Google app: gsa googleapp com.google.googlemobile
    Gmail: com.google.gmail
    YouTube Music: com.google.android.apps.youtube.music
    YouTube: com.google.android.youtube com.google.ios.youtube
    Bing: bingsapphire bingweb
    LinkedIn: linkedinapp linkedin com.linkedin.android
    Twitter: twitter twitterandroid
    Reddit: reddit
    Telegram: telegram telegram-android telegram-ios
    Viber: viber
    Discord: discord discord-android
    Slack: slack slack_ssb
    Microsoft Teams: teams teamsmobile-ios teamsmobile-android microsoftteams
    Outlook: outlook-ios outlook-android oneoutlook macoutlook
    Visual Studio Code: code vscode
    GitHub Desktop: githubdesktop
    Spotify: spotify
    Steam: (valve_steam
    Epic Games Launcher: epicgameslauncher
    VK: vkandroidapp vk
    Yahoo! Japan: yjapp-ios yjapp-android
    Baidu: baiduboxapp
    Thunderbird: thunderbird
"""

_BROWSERS = """
    Opera GX: oprgx opx
    Opera Mini: opios (opera_mini
    Wolvic: wolvic
    PICO Browser: picobrowser
    Meta Quest Browser: oculusbrowser
    Yandex Browser: yabrowser yandex yasearchbrowser yaapp_android yowser yandexsearch
        yandexsearchbrowser
    Samsung Internet: samsungbrowser
    Huawei Browser: huaweibrowser com.huawei.hmos.browser
    Mi Browser: miuibrowser xiaomi
    HeyTap Browser: heytapbrowser
    vivo Browser: vivobrowser
    OPPO Browser: oppobrowser
    Honor Browser: honorbrowser
    Meizu Browser: mzbrowser
    115 Browser: 115browser
    Hi Browser: hibrowser
    JioSphere: jiosphere jiobrowser
    Lenovo Browser: slbrowser
    QQ Browser: mqqbrowser qqbrowser
    Quark: quark quarkpc
    UC Browser: ucbrowser ucweb ubrowser ucmobile
    Sogou Explorer: metasr sogoumobilebrowser sogou
    Baidu Browser: bidubrowser bdbrowser baidubrowser (baidubrowser
    360 Browser: 360se 360ee qihu qihoobrowser qhbrowser
    2345 Explorer: 2345explorer mb2345browser
    Liebao: lbbrowser
    Maxthon: maxthon mxbrowser mxios
    Whale: whale
    Cốc Cốc: coc_coc_browser
    Vivaldi: vivaldi
    Brave: brave
    DuckDuckGo: duckduckgo ddg
    Ecosia: ecosia (ecosia
    Arc: arc arcmobile arcmobile2
    Atlas: atlas
    Comet: comet
    Dia: dia
    Sidekick: sidekick
    Wavebox: wavebox
    Silk: silk
    Puffin: puffin
    Aloha: alohabrowser
    Phoenix: phx
    Kiwi: kiwi
    Avast Secure Browser: avast avastsecurebrowser
    AVG Secure Browser: avg avgbrowser
    Avira Secure Browser: avira
    Norton Private Browser: norton
    CCleaner Browser: ccleaner
    Iron: iron
    Iridium: iridium
    Sleipnir: sleipnir
    Seznam Browser: seznam.cz sznprohlizec
    AdBlock Browser: abb
    Soul Browser: soul
    Comodo Dragon: dragon comodo_dragon
    Slimjet: slimjet
    Qwant: qwantmobile qwantbrowser qwantios
    Helio: helio
    Firefox Focus: focus klar
    LibreWolf: librewolf
    Ghostery: ghostery (ghostery
    Mypal: mypal
    IceDragon: icedragon
    Cyberfox: cyberfox
    Waterfox: waterfox
    Floorp: floorp
    Zen: zen
    Pale Moon: palemoon
    Basilisk: basilisk
    SeaMonkey: seamonkey
    K-Meleon: k-meleon
    Iceweasel: iceweasel
    IceCat: icecat
    GNOME Web: epiphany
    Falkon: falkon qupzilla
    Dooble: dooble
    Konqueror: konqueror (konqueror
    Angelfish: angelfish
    qutebrowser: qutebrowser
    Otter: otter
    Midori: midori
    Ladybird: ladybird
    Servo: servo
    NetSurf: netsurf
    Dillo: dillo
    Orion: orion
    OmniWeb: omniweb
    Sailfish Browser: sailfishbrowser
    Morph: morph ubuntu-web-browser
    Nintendo Browser: nintendobrowser
    VIDAA Browser: vidaa
    TV Bro: tvbro
"""

_BASES = """
    Opera: opr opt opera
    Edge: edg edga edgios edge edgw edgewebview
    Firefox: firefox fxios fennec
    Internet Explorer: (msie (trident (iemobile
    Chromium: chromium qtwebengine
    Chrome: chrome crios headlesschrome crmo
    Safari: safari mobilesafari
"""


def _lines(table: str) -> list[str]:
    return table.strip().replace("\n        ", " ").splitlines()


def _products() -> dict[str, Product]:
    tables = (
        (BOTS, DeviceKind.BOT, False),
        (TOOLS, DeviceKind.TERMINAL, False),
        (_APPS, DeviceKind.APP, False),
        (_BROWSERS, None, False),
        (_BASES, None, True),
    )
    lines = [
        (name.strip(), tokens.split(), kind, base)
        for table, kind, base in tables
        for name, _, tokens in (line.partition(":") for line in _lines(table))
    ]
    return {
        token: Product(rank, name, kind, base)
        for rank, (name, tokens, kind, base) in enumerate(lines)
        for token in tokens
    }


_ALL = _products()
PRODUCTS = {token: product for token, product in _ALL.items() if token[0] != "("}
REMARKS = {token[1:].replace("_", " "): p for token, p in _ALL.items() if token[0] == "("}

BRANDS = {  # how Sec-CH-UA spells what is called otherwise above
    "google chrome": "Chrome",
    "microsoft edge": "Edge",
    "headlesschrome": "Chrome",
    "yandex": "Yandex Browser",
    "opera": "Opera",
    "operamobile": "Opera",
    "android webview": "WebView",
    "microsoft edge webview2": "WebView",
    "microsoftedgewebview2": "WebView",
    "brave browser": "Brave",
    "opera mini android": "Opera Mini",
    "norton secure browser": "Norton Private Browser",
    "meta quest browser": "Meta Quest Browser",
    "oculus browser": "Meta Quest Browser",
}

_NAMELESS = """
    mozilla applewebkit webkit khtml like gecko version mobile tablet tv vr safari chrome presto
    build u2 darwin alamofire applecoremedia roku appletv crkey tesla kaios
    electron nettype language channel region jssdk wv nf nx hmscore arkweb sa bropp phone
    browser metaiab hmozilla ubuntu fedora debian raspbian exoplayerlib html5plus unrealengine
    cordova-amazon-fireos amazonwebappplatform network gzip googlehypersonic
"""

# What a system's own frameworks send for an app that doesn't name itself.
_FRAMEWORKS = "dalvik cfnetwork networkingextension safariviewservice com.apple.webkit.networking"
FRAMEWORKS = frozenset(_FRAMEWORKS.split())

# Words that name an engine, a library or a form, never what people use.
NAMELESS = frozenset(_NAMELESS.split()) | FRAMEWORKS
