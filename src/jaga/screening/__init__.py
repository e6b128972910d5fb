"""Pure: texts and the policy's words and rules in, signals with reasons out. It never acts. docs/screening.md follows
one text.

Definitions, slow and readable: `block` and `letters` (what a text looks like), `phrases` (when a phrase stands in it),
`rules` (what a rule means), `contacts`, `nearness`; `ruled.reference` puts them together. The engine, equal to them:
`fold`, `automaton` and `matching`, `lexicon`, `rule_set` with `pattern_scan`, `contact_sieve` and `contact_kernel`,
`nearness_kernel`, `findings`, put together by `released.engine_of` and `engine.screen_table`. `classifier` (kernels:
`grams_kernel`, `margins_kernel`) and `learning`: models that learn from decisions. `pdq` and `near`: pictures.
`priority` orders the queue.
"""

from jaga.screening.base.kernel_cache import keep_kernels

keep_kernels()
