"""Screen a list of texts without an installation of Jaga: see docs/screening-library.md."""

from jaga.screening.api import Screener, TextContext

TEXTS = ["Dijual motor bekas, DP 2 juta", "0pen b.o jogja, include, wa 0812 3456 7890"]

screener = Screener()
for text, result in zip(TEXTS, screener.screen(TEXTS), strict=True):
    print(f"{result.score:.2f} {result.category} {list(result.contacts)} {text}")
    for signal in result.signals:
        print("    ", [text[start:end] for start, end in signal.places], signal.explain("en"))

new_account = TextContext(platform="obrolan", surface="bio", age_days=0.5)
print(f"as the profile of a new account: {screener.screen(TEXTS[1:], [new_account])[0].score:.2f}")
