"""Pure: texts and the policy's lexicon in, signals with reasons out. It never acts.

`letters` and `normalise` say what a disguised text means · `phrases` finds · `screen` counts · `explain` says why ·
`priority` orders the queue.
"""
