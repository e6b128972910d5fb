"""README.txt of a sealed export, Indonesian first, for readers who have never heard of Jaga."""

README = """\
PAKET BUKTI TERSEGEL (JAGA)                                    English below

Folder ini berisi bukti dari satu kasus. Folder ini dibuat untuk menjawab
permintaan resmi. Nomor permintaan, tanggal, dan dasar hukumnya ada di
manifest.json. Jangan ubah apa pun di dalam folder ini.

Isi
  manifest.json    daftar semua berkas, asalnya, ukurannya, dan SHA-256-nya
  manifest.sig     tanda tangan Ed25519 atas manifest.json
  public-key.pem   kunci publik pembuat paket
  ledger.json      catatan langkah-langkah kasus, dengan bukti rantainya
  evidence/        bukti asli
  proofs/          bukti dari log terbitan, satu untuk tiap catatan yang sudah
                   terbit, dan ledger-policy.txt: log dan saksi pembuat
  SHA256SUMS       daftar SHA-256 untuk perintah sha256sum

Cara memeriksa
1. Tanpa Jaga, apakah ada berkas yang berubah atau hilang:
     sha256sum -c SHA256SUMS
2. Tanpa Jaga, siapa yang menandatangani:
     openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin \\
       -in manifest.json -sigfile manifest.sig
   Lalu bandingkan SHA-256 public-key.pem dengan yang diumumkan di situs resmi
   pembuat paket, atau tanyakan lewat telepon. SHA-256 kunci ini harus:
     {fingerprint}
   Jangan percaya angka di atas saja: orang yang memalsukan folder bisa
   mengganti angka itu juga.
3. Dengan Jaga (memeriksa semuanya, juga ledger.json dan berkas tambahan):
     jaga export verify FOLDER --key KUNCI-RESMI.pem

Jika pemeriksaan gagal, simpan folder apa adanya, jangan dipakai, dan minta
paket baru kepada pembuatnya.

----------------------------------------------------------------------------
SEALED EVIDENCE PACKAGE (JAGA)

This folder holds the evidence of one case. It was made to answer a formal
request; its number, date and legal basis stand in manifest.json. Change
nothing in this folder.

Contents
  manifest.json    all files, where each came from, its size and its SHA-256
  manifest.sig     Ed25519 signature over manifest.json
  public-key.pem   the maker's public key
  ledger.json      the record of the case's steps, with the proof of its chain
  evidence/        the originals
  proofs/          proofs from the published log, one for each entry that is
                   published already, and ledger-policy.txt: its logs and
                   witnesses
  SHA256SUMS       the SHA-256 of each file, for the sha256sum command

How to verify
1. Without Jaga, whether a file was changed or is missing:
     sha256sum -c SHA256SUMS
2. Without Jaga, who signed it:
     openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin \\
       -in manifest.json -sigfile manifest.sig
   Then compare the SHA-256 of public-key.pem with the one published on the
   maker's own site, or ask by telephone. It must be:
     {fingerprint}
   Do not trust the number above by itself: whoever forges the folder can
   change it too.
3. With Jaga (checks everything, ledger.json and added files included):
     jaga export verify FOLDER --key OFFICIAL-KEY.pem

If a check fails, keep the folder as it is, do not rely on it, and ask its
maker for a new one.
"""
