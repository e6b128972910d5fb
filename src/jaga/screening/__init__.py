"""Text and picture screening as pure functions: texts and policy rules in, explained signals out.

It never acts.

docs/screening.md follows one text through it.

Readable, slow definitions: `block` and `letters` (folding), `phrases` (phrase matching), `rules` (rule semantics),
`contacts`, `nearness`; `ruled.reference` combines them. The engine, which gives equal results: `fold`, `automaton` and
`matching`, `lexicon`, `rule_set` with `pattern_scan`, `contact_sieve` and `contact_kernel`, `nearness_kernel`,
`findings`, combined by `released.engine_of` and `engine.screen_table`. `classifier` (kernels: `grams_kernel`,
`margins_kernel`) and `learning`: models trained on decisions. `pdq` and `near`: pictures. `priority` orders the queue.
"""

from jaga.screening.base.kernel_cache import keep_kernels

keep_kernels()
