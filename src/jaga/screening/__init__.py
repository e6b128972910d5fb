"""Pure: texts and the policy's lexicon in, signals with reasons out. It never acts. docs/screening.md follows one text.

Definitions, slow and readable: `block` and `letters` (what a text looks like), `phrases` (when a phrase stands in it),
`screen.reference` (what that says). The engine, equal to them: `fold`, `automaton` and `matching`, `lexicon`,
`findings`, put together by `engine.screen_table`. `priority` orders the queue.
"""
