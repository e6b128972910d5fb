"""The texts of invented reports. Never explicit, and nothing about minors but the category's name."""

from collections.abc import Mapping
from types import MappingProxyType

PLACES = (
    "Bandung",
    "Bekasi",
    "Bogor",
    "Cirebon",
    "Depok",
    "Garut",
    "Jambi",
    "Kediri",
    "Kudus",
    "Lampung",
    "Madiun",
    "Malang",
    "Manado",
    "Medan",
    "Padang",
    "Palembang",
    "Solo",
    "Surabaya",
    "Tegal",
    "Yogya",
)
FIRST = (
    "bunga",
    "citra",
    "dahlia",
    "embun",
    "fajar",
    "gita",
    "intan",
    "jingga",
    "kenanga",
    "lestari",
    "mawar",
    "melati",
    "nirmala",
    "permata",
    "rembulan",
    "sekar",
    "surya",
    "teratai",
    "utami",
    "wening",
)
SECOND = (
    "ayu",
    "baru",
    "biru",
    "cerah",
    "damai",
    "elok",
    "hijau",
    "indah",
    "jaya",
    "kita",
    "lima",
    "manis",
    "nusa",
    "pagi",
    "putih",
    "sari",
    "senja",
    "tiga",
    "untung",
    "wangi",
)
ROOMS = ("Jual beli {place}", "Info {place}", "Kabar warga {place}", "Lowongan {place}", "Teman {place}")
TEXTS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "prostitution_advertising": (
            ("id", "open BO {place}, {price} ST, nego, free room"),
            ("id", "BO {place} malam ini, COD langsung, no PHP"),
            ("id", "0p3n B0 {place}, {price} ST, DP dulu"),
            ("id", "Akun ini menawarkan janji berbayar di {place}"),
            ("id", "ready {place}, BO {price}, temeni dong"),
            ("id", "Status: avail {place}, tarif {price}, chat dulu"),
            ("en", "Offers paid meetings in {place}, asks {price} up front"),
            ("id", "Joki BO {place}, banyak pilihan, {price}, hubungi nomor ini"),
        ),
        "gambling": (
            ("id", "slot gacor {place}, depo {price}, bonus member baru"),
            ("id", "Bandar bola {place}, WD cepat"),
            ("id", "togel online {place}, pasang mulai {price}"),
            ("en", "Online slots, deposit {price}, instant payout"),
        ),
        "fraud": (
            ("id", "Jual HP murah {price}, kirim dari {place}, transfer dulu"),
            ("id", "Mengaku admin bank, minta kode OTP"),
            ("id", "Arisan {place}, setor {price}, uang tidak kembali"),
            ("en", "Sold me a phone for {price}, never sent it"),
            ("id", "Lowongan kerja {place}, bayar pendaftaran {price}, lalu hilang"),
        ),
        "extortion": (
            ("id", "Mengancam menyebar foto kalau tidak transfer {price}"),
            ("id", "Diperas {price} lewat akun ini"),
            ("en", "Threatens to tell my family unless I pay {price}"),
        ),
        "trafficking": (
            ("id", "Janji kerja di luar kota, lalu paspor ditahan di {place}"),
            ("en", "A friend was promised work in {place} and cannot leave"),
        ),
        "child_protection": (("id", "Khawatir yang ditawarkan masih di bawah umur"),),
        "defamation": (("id", "Menyebar kabar tentang toko saya di {place}"),),
        "pornography": (("id", "Membagikan konten dewasa di ruang umum {place}"),),
        "false_news": (("id", "Kabar bohong tentang banjir di {place}"),),
        "other": (("id", "Mengirim pesan yang sama berkali-kali di {place}"), ("en", "Spam in the room of {place}")),
    }
)
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "prostitution_advertising": 46,
        "gambling": 24,
        "fraud": 14,
        "extortion": 4,
        "trafficking": 1,
        "child_protection": 1,
        "defamation": 3,
        "pornography": 3,
        "false_news": 2,
        "other": 2,
    }
)
"""The frequency of each category in percent."""
CHANNELS: Mapping[str, int] = MappingProxyType({"public": 58, "app": 27, "watch": 11, "flagger": 4})
PLATFORMS: Mapping[str, int] = MappingProxyType({"kabar-latihan": 70, "teman-latihan": 22, "sapa-latihan": 8})
