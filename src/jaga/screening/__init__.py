"""Text and picture screening as pure functions: texts and policy rules in, explained signals out.

It never acts.

docs/screening.md follows one text through it.

Readable, slow definitions: `text.block` and `text.letters` (folding), `phrases.phrases` (phrase matching),
`rules.rules` (rule semantics), `contacts.contacts`, `copies.nearness`; `engine.ruled.reference` combines them. The
engine, which gives equal results: `text.fold`, `phrases.walk` and `phrases.matching`, `engine.lexicon`,
`rules.rule_set` with `rules.pattern_scan`, `contacts.sieve` and `contacts.kernel`, `copies.nearness_kernel`,
`text.findings`, combined by `engine.released.engine_of` and `engine.engine.screen_table`. `models.classifier`
(kernels: `grams_kernel`, `margins_kernel`) and `models.learning`: models trained on decisions. `images`: pictures.
`engine.priority` orders the queue.
"""

from jaga.screening.base.kernel_cache import keep_kernels

keep_kernels()
