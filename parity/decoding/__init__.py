"""Full decoding: a prompt to its completion, by two engines, judged id by id and by the logits.

    records     what an engine is asked and what it gives: plain data
    engine      the one class to subclass
    engines/    one file an engine; the folder is the registry
    weights     the models: where they are, in the form that an engine reads
    converting  one form of a model made of another, by `architectures` and `tensors`; `kept`
    prompts     sets of prompts: files in corpora/prompts; `drawing` has the drawn ones
    neighbours  the same prompt among others of a set
    shrinking   the shortest prompt on which two engines part
    streamed    text and chunks of given ids, by a named detokenizer
    end_to_end  every tokenizer, engine and detokenizer with each other
    apart       an engine in a fresh process of its own; `serving` is the other end
    gathering   all prompts through one engine, kept one by one
    levels      where two generations part: ids, text, chunks, logits
    shifts      how far two sides' logits are apart, step by step, and which steps are certified
    budgets     what the reference's own noise is, measured, and where that is kept
    judging     the class of a divergence: INPUT, DETOK, STOP, TIE, NEAR_TIE, LOCAL, SYSTEMIC
    replay      teacher-forced: what one side would have said on the other's ids
    profiles    what decides: exact, exact64, bounded, determinism
    repeats     one engine and itself: how many samples are unique, and the hazard of a token
    chances     what so many of so many prove: exact binomial intervals
    goldens     what a reference said once, with the margin of each step, in git
    mutants     the judge, tried on planted faults (torch_faults) and on what is none

A tolerance lives here and nowhere else in this package: it is a budget that was measured on the
reference itself, has a name in every report, and makes no pass of LOCAL or SYSTEMIC.
"""
