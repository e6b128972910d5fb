"""The practice world and story of the release `eu`: in English, and short."""
