module tokparity/harness

go 1.19

require github.com/sugarme/tokenizer v0.2.2
