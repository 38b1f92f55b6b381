"""The products that user agents name, and what people call them.

One line each: what people call it, then the tokens that stand for it. A user agent names several
(every Chrome also says Safari), so the order is the rule: what stands first here wins. A token
behind a parenthesis is one that begins a remark inside a comment, where "_" is a space.
"""

from __future__ import annotations

from typing import NamedTuple

from signedin.core.device_systems import DeviceKind


class Product(NamedTuple):
    """What a product token stands for; of several in one string the lowest rank names it."""

    rank: int
    name: str
    kind: DeviceKind | None  # None: a browser, so the system decides
    base: bool  # others say so too, to be served the same pages


_BOTS = """
    Chrome-Lighthouse: chrome-lighthouse
    GTmetrix: gtmetrix
    WebPageTest: ptst
    Mediapartners-Google: mediapartners-google
    Google-Read-Aloud: google-read-aloud
    Google-Ads-Conversions: google-ads-conversions
    cohere-ai: cohere-ai
    GoogleOther: googleother googleother-image googleother-video
    Googlebot: googlebot
    Google-InspectionTool: google-inspectiontool
    facebookexternalhit: facebookexternalhit
    Datadog Synthetics: datadogsynthetics
    Pingdom: pingdompagespeed pingdomtms
    ChatGPT-User: chatgpt-user
    Claude-User: claude-user
    Perplexity-User: perplexity-user
"""

_TOOLS = """
    Postman: postmanruntime postman
    Insomnia: insomnia
    Bruno: bruno-runtime bruno
    HTTPie: httpie
    PowerShell: windowspowershell powershell
    git: git
    jgit: jgit
    aiohttp: aiohttp
    httpx: python-httpx httpx
    python-requests: python-requests
    Scrapy: scrapy
    urllib3: python-urllib3 urllib3
    Python-urllib: python-urllib
    niquests: niquests
    Guzzle: guzzlehttp
    Faraday: faraday
    RestSharp: restsharp
    Wget: wget wget2
    curl: curl libcurl pycurl
    PhantomJS: phantomjs
    axios: axios
    node-fetch: node-fetch
    got: got
    SuperAgent: node-superagent
    undici: undici
    Needle: needle
    Node.js: node node.js
    Deno: deno
    Bun: bun
    Apache-HttpClient: apache-httpclient
    Java-http-client: java-http-client
    okhttp: okhttp
    Ktor: ktor-client ktor
    Retrofit: retrofit
    Dart: dart
    Go-http-client: go-http-client
    go-resty: go-resty
    reqwest: reqwest
    hyper: hyper
    libwww-perl: libwww-perl lwp-trivial
    Symfony HttpClient: symfony
    rest-client: rest-client
    hackney: hackney
    aria2: aria2
    k6: k6
    JMeter: jmeter
    Lynx: lynx
    Links: links
    ELinks: elinks
    w3m: w3m
    Java: java
    Python: python
    Ruby: ruby
    PHP: php
"""

_APPS = """
    Messenger: messengerforios orca-android messengerliteforios
    Facebook: fban fb_iab fbav fbios fb4a
    Instagram: instagram
    Threads: barcelona
    WhatsApp: whatsapp
    Douyin: aweme
    TikTok: musical_ly trill tiktok bytedancewebview bytelocale
    Snapchat: snapchat
    Pinterest: pinterest
    LINE: line
    WeCom: wxwork
    WeChat: micromessenger wechat weixin
    Alipay: alipayclient aliapp
    DingTalk: dingtalk
    Weibo: weibo __weibo__
    QQ: qq
    KakaoTalk: kakaotalk
    NAVER: naver
    Zalo: zalo
    Google app: gsa googleapp
    Bing: bingsapphire bingweb
    LinkedIn: linkedinapp linkedin
    Twitter: twitter twitterandroid
    Reddit: reddit
    Telegram: telegram telegram-android telegram-ios
    Viber: viber
    Discord: discord
    Slack: slack slack_ssb
    Microsoft Teams: teams teamsmobile-ios teamsmobile-android microsoftteams
    Outlook: outlook-ios outlook-android
    Visual Studio Code: code vscode
    GitHub Desktop: githubdesktop
    Spotify: spotify
    Steam: (valve_steam
    VK: vkandroidapp vk
    Yahoo! Japan: yjapp-ios yjapp-android
    Baidu: baiduboxapp
    Thunderbird: thunderbird
"""

_BROWSERS = """
    Opera GX: oprgx opx
    Opera Mini: (opera_mini
    Wolvic: wolvic
    Meta Quest Browser: oculusbrowser
    PICO Browser: picobrowser
    Yandex Browser: yabrowser yandex yasearchbrowser yaapp_android yowser
    Samsung Internet: samsungbrowser
    Huawei Browser: huaweibrowser
    Mi Browser: miuibrowser xiaomi
    HeyTap Browser: heytapbrowser
    vivo Browser: vivobrowser
    OPPO Browser: oppobrowser
    Honor Browser: honorbrowser
    QQ Browser: mqqbrowser qqbrowser
    Quark: quark
    UC Browser: ucbrowser ucweb ubrowser
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
    Seznam: seznam.cz
    Firefox Focus: focus klar
    LibreWolf: librewolf
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
    Falkon: falkon
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
    Opera: opr opios opt opera
    Edge: edg edga edgios edge edgw edgewebview
    Firefox: firefox fxios fennec
    Internet Explorer: (msie (trident (iemobile
    Chromium: chromium qtwebengine
    Chrome: chrome crios headlesschrome crmo
    Safari: safari mobilesafari
"""


def _products() -> dict[str, Product]:
    tables = (
        (_BOTS, DeviceKind.BOT, False),
        (_TOOLS, DeviceKind.TERMINAL, False),
        (_APPS, DeviceKind.APP, False),
        (_BROWSERS, None, False),
        (_BASES, None, True),
    )
    lines = [
        (name.strip(), tokens.split(), kind, base)
        for table, kind, base in tables
        for name, _, tokens in (line.partition(":") for line in table.strip().splitlines())
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
    "norton secure browser": "Norton Private Browser",
    "meta quest browser": "Meta Quest Browser",
    "oculus browser": "Meta Quest Browser",
}

_NAMELESS = """
    mozilla applewebkit webkit khtml like gecko version mobile tablet tv vr safari chrome presto
    build u2 dalvik cfnetwork darwin alamofire applecoremedia roku appletv crkey tesla kaios
    electron nettype language channel region jssdk wv nf nx hmscore arkweb sa bropp phone
"""

# Words that name an engine, a library or a form, never what people use.
NAMELESS = frozenset(_NAMELESS.split())
