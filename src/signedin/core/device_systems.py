"""The systems that user agents name, and what sort of device runs them.

No version stands here: browsers froze those of systems (Windows 10, macOS 10.15, Android 10), so
none is ever claimed. Where people know the device and not what runs inside, it is named instead.
"""

from __future__ import annotations

from enum import StrEnum


class DeviceKind(StrEnum):
    """What sort of thing holds a session. Sent and shown: add members, never rename one."""

    DESKTOP = "desktop"
    PHONE = "phone"
    TABLET = "tablet"
    TV = "tv"
    CONSOLE = "console"
    CAR = "car"
    TERMINAL = "terminal"
    APP = "app"
    BOT = "bot"
    UNKNOWN = "unknown"


PLATFORMS = {  # Sec-CH-UA-Platform
    "Windows": ("Windows", DeviceKind.DESKTOP),
    "macOS": ("macOS", DeviceKind.DESKTOP),
    "Linux": ("Linux", DeviceKind.DESKTOP),
    "Chrome OS": ("ChromeOS", DeviceKind.DESKTOP),
    "Chromium OS": ("ChromeOS", DeviceKind.DESKTOP),
    "Android": ("Android", DeviceKind.PHONE),
    "iOS": ("iOS", DeviceKind.PHONE),
}

# What stands in the string, the system (or the device that people know it by), and its kind.
# The first that is found holds: consoles and televisions also name the Linux, Android or Windows
# inside them, Windows Phone also named Android, and every iPhone says "like Mac OS X".
SYSTEMS: tuple[tuple[str, str | None, DeviceKind], ...] = (
    ("Xbox", "Xbox", DeviceKind.CONSOLE),
    ("PlayStation 5", "PlayStation 5", DeviceKind.CONSOLE),
    ("PlayStation 4", "PlayStation 4", DeviceKind.CONSOLE),
    ("PLAYSTATION 3", "PlayStation 3", DeviceKind.CONSOLE),
    ("PlayStation Vita", "PlayStation Vita", DeviceKind.CONSOLE),
    ("PlayStation", "PlayStation", DeviceKind.CONSOLE),
    ("Nintendo Switch", "Nintendo Switch", DeviceKind.CONSOLE),
    ("Nintendo WiiU", "Wii U", DeviceKind.CONSOLE),
    ("Nintendo Wii", "Wii", DeviceKind.CONSOLE),
    ("Nintendo 3DS", "Nintendo 3DS", DeviceKind.CONSOLE),
    ("Nintendo", "Nintendo", DeviceKind.CONSOLE),
    ("SteamDeck", "Steam Deck", DeviceKind.CONSOLE),
    ("Steam Deck", "Steam Deck", DeviceKind.CONSOLE),
    ("; PICO", "PICO", DeviceKind.CONSOLE),
    ("; Pico", "PICO", DeviceKind.CONSOLE),
    ("Apple Vision", "visionOS", DeviceKind.CONSOLE),
    ("visionOS", "visionOS", DeviceKind.CONSOLE),
    ("OculusBrowser", "Meta Quest", DeviceKind.CONSOLE),
    ("Quest 2", "Meta Quest", DeviceKind.CONSOLE),
    ("Quest 3", "Meta Quest", DeviceKind.CONSOLE),
    ("Quest Pro", "Meta Quest", DeviceKind.CONSOLE),
    ("Tesla/", "Tesla", DeviceKind.CAR),
    ("QtCarBrowser", "Tesla", DeviceKind.CAR),
    ("Tizen", "Tizen", DeviceKind.TV),
    ("Web0S", "webOS", DeviceKind.TV),
    ("webOS", "webOS", DeviceKind.TV),
    ("NetCast", "NetCast", DeviceKind.TV),
    ("Roku", "Roku", DeviceKind.TV),
    ("AppleTV", "tvOS", DeviceKind.TV),
    ("Apple TV", "tvOS", DeviceKind.TV),
    ("tvOS", "tvOS", DeviceKind.TV),
    ("; AFTLBT962E2", "Android", DeviceKind.CAR),  # BMW
    ("; AFTLFT962X3", "Android", DeviceKind.CAR),  # Jeep
    ("; AFT", "Fire TV", DeviceKind.TV),
    ("AndroidTV", "Android TV", DeviceKind.TV),
    ("BRAVIA", "Android TV", DeviceKind.TV),
    ("GoogleTV", "Android TV", DeviceKind.TV),
    ("Google TV", "Android TV", DeviceKind.TV),
    ("VIZIO", "Vizio", DeviceKind.TV),
    ("Andr0id", "Android TV", DeviceKind.TV),
    ("TiVoOS", "TiVo OS", DeviceKind.TV),
    ("CrKey", "Chromecast", DeviceKind.TV),
    ("Chromecast", "Android TV", DeviceKind.TV),
    ("MiTV", "Android TV", DeviceKind.TV),
    ("MIBOX", "Android TV", DeviceKind.TV),
    ("VIDAA", "VIDAA", DeviceKind.TV),
    ("SMART-TV", "Linux", DeviceKind.TV),
    ("SmartTV", "Linux", DeviceKind.TV),
    ("HbbTV", "Linux", DeviceKind.TV),
    ("KAIOS", "KaiOS", DeviceKind.PHONE),
    ("PC; OpenHarmony", "HarmonyOS", DeviceKind.DESKTOP),
    ("OpenHarmony", "HarmonyOS", DeviceKind.PHONE),
    ("HarmonyOS", "HarmonyOS", DeviceKind.PHONE),
    ("Sailfish", "Sailfish OS", DeviceKind.PHONE),
    ("Windows Phone", "Windows Phone", DeviceKind.PHONE),
    ("Windows Mobile", "Windows Mobile", DeviceKind.PHONE),
    ("CrOS", "ChromeOS", DeviceKind.DESKTOP),
    ("BYD AUTO", "Android", DeviceKind.CAR),
    ("Android Automotive", "Android Automotive", DeviceKind.CAR),
    (" SM-R", "Wear OS", DeviceKind.UNKNOWN),  # Samsung's watches
    ("Wear OS", "Wear OS", DeviceKind.UNKNOWN),
    ("like Android", "Linux", DeviceKind.TABLET),  # e-readers
    ("Android", "Android", DeviceKind.PHONE),  # some of its models are called iPad or BlackBerry
    ("; Adr ", "Android", DeviceKind.PHONE),  # UC Browser
    ("; wds ", "Windows Phone", DeviceKind.PHONE),
    ("Cloud Phone", "Cloud Phone", DeviceKind.PHONE),
    ("watchOS", "watchOS", DeviceKind.UNKNOWN),
    ("Apple Watch", "watchOS", DeviceKind.UNKNOWN),
    ("iPad", "iPadOS", DeviceKind.TABLET),
    ("iPhone", "iOS", DeviceKind.PHONE),
    ("iPod", "iOS", DeviceKind.PHONE),
    ("BB10", "BlackBerry OS", DeviceKind.PHONE),
    ("BlackBerry", "BlackBerry OS", DeviceKind.PHONE),
    ("Symbian", "Symbian", DeviceKind.PHONE),
    ("Ubuntu Touch", "Ubuntu Touch", DeviceKind.PHONE),
    ("Ubuntu; Mobile", "Ubuntu Touch", DeviceKind.PHONE),
    ("iPadOS", "iPadOS", DeviceKind.TABLET),
    ("iOS", "iOS", DeviceKind.PHONE),  # also CriOS, FxiOS, EdgiOS that ask for desktop pages
    ("MobileSafari", "iOS", DeviceKind.PHONE),
    ("GSA/", "iOS", DeviceKind.PHONE),
    ("Windows", "Windows", DeviceKind.DESKTOP),
    ("Win64", "Windows", DeviceKind.DESKTOP),
    ("Win32", "Windows", DeviceKind.DESKTOP),
    ("win32", "Windows", DeviceKind.DESKTOP),
    ("WinNT", "Windows", DeviceKind.DESKTOP),
    ("Macintosh", "macOS", DeviceKind.DESKTOP),
    ("Mac OS", "macOS", DeviceKind.DESKTOP),
    ("Mac_PowerPC", "macOS", DeviceKind.DESKTOP),
    ("macOS", "macOS", DeviceKind.DESKTOP),
    ("FreeBSD", "FreeBSD", DeviceKind.DESKTOP),
    ("OpenBSD", "OpenBSD", DeviceKind.DESKTOP),
    ("NetBSD", "NetBSD", DeviceKind.DESKTOP),
    ("DragonFly", "DragonFly BSD", DeviceKind.DESKTOP),
    ("Haiku", "Haiku", DeviceKind.DESKTOP),
    ("SunOS", "Solaris", DeviceKind.DESKTOP),
    ("Fuchsia", "Fuchsia", DeviceKind.UNKNOWN),
    ("Linux", "Linux", DeviceKind.DESKTOP),
    ("linux", "Linux", DeviceKind.DESKTOP),
    ("Ubuntu", "Linux", DeviceKind.DESKTOP),
    ("android", "Android", DeviceKind.PHONE),
    ("-ios", "iOS", DeviceKind.PHONE),
    ("darwin", "macOS", DeviceKind.DESKTOP),
)

# What the browser is that only says Chrome, Safari or nothing, on systems that have just one.
BUILT_IN = {
    "Tizen": "Samsung Internet",
    "webOS": "LG Browser",
    "NetCast": "LG Browser",
    "VIDAA": "VIDAA Browser",
    "PlayStation 5": None,
    "PlayStation 4": None,
}
NOT_SAFARI = {  # Safari is Apple's; whoever says so elsewhere is built on its engine
    "Android": "Android Browser",
    "BlackBerry OS": "BlackBerry Browser",
    "Linux": "GNOME Web",
    "FreeBSD": "GNOME Web",
    "OpenBSD": "GNOME Web",
    "NetBSD": "GNOME Web",
}

# Where a page inside an app says "; wv" or "Version/4.0" beside Chrome.
ANDROID_INSIDE = frozenset({"Android", "Android TV", "Fire TV", "HarmonyOS", "Meta Quest"})

# Browsers of phones that say "X11; Linux" when their user asks for the page made for desktops
# (developer.samsung.com/internet/user-agent-string-format).
ONLY_ON_ANDROID = frozenset(
    {"Samsung Internet", "Silk", "Huawei Browser", "Mi Browser", "DuckDuckGo"}
)
