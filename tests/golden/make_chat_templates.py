"""Golden values for tests/engine/test_chat_template.cpp, rendered by transformers 5.18.0 with jinja2 (Python 3.11).

    python tests/golden/make_chat_templates.py [FOLDER]

Writes tests/data/chat_templates.json. The Jinja texts are those of the named models' tokenizer_config.json, as they are
published, except that of Mistral v0.3, Mistral Nemo, Llama 3.1 and Qwen 2.5 the parts for tools are left out. FOLDER
(default ../shared/data beside the repository) holds Qwen3's tokenizer_config.json, whose text is not written here, and
the tokenizers of GPT-2, RoBERTa and Llama 2, which encode the rendered texts without adding special tokens.
For every conversation: what the template renders with and without add_generation_prompt (null where it refuses), and the
bytes of the answers, found by rendering the messages before each answer.
"""

import json
import pathlib
import sys

import jinja2
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parents[2]

ALTERNATE = (
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
)
OPEN_CHATML = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
CHATML_TURN = "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
SPLIT_SYSTEM = (
    "{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content'] %}\n"
    "    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n"
)


def mistral(user, answer, place):
    """Mistral's templates since 2024: {user} and {answer} are the expressions around the content."""
    return (
        SPLIT_SYSTEM + "\n{{- bos_token }}\n{%- for message in loop_messages %}\n"
        "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
        "        {{- raise_exception('After the optional system message, roles must alternate') }}\n    {%- endif %}\n"
        "    {%- if message['role'] == 'user' %}\n"
        f"        {{%- if {place} and system_message is defined %}}\n"
        f"            {{{{- {user[0]} + system_message + '\\n\\n' + message['content'] + {user[1]} }}}}\n"
        "        {%- else %}\n"
        f"            {{{{- {user[0]} + message['content'] + {user[1]} }}}}\n        {{%- endif %}}\n"
        "    {%- elif message['role'] == 'assistant' %}\n"
        f"        {{{{- {answer}}}}}\n"
        "    {%- else %}\n        {{- raise_exception('Only user and assistant roles are supported') }}\n"
        "    {%- endif %}\n{%- endfor %}\n"
    )


def one_line_style(user, answer, header):
    """alpaca and vicuna of github.com/chujiezheng/chat_templates, used as its README says: without indents and line ends."""
    return (
        "{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] | trim + '\\n\\n' %}"
        "{% set messages = messages[1:] %}{% else %}{% set system_message = '' %}{% endif %}"
        "{{ bos_token + system_message }}{% for message in messages %}" + ALTERNATE + "{% if message['role'] == 'user' %}"
        f"{{{{ '{user[0]}' + message['content'] | trim + '{user[1]}' }}}}{{% elif message['role'] == 'assistant' %}}"
        f"{{{{ '{answer[0]}' + message['content'] | trim + eos_token + '{answer[1]}' }}}}{{% endif %}}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{{{{ '{header}' }}}}{{% endif %}}"
    )


def qwen(system):
    return (
        "{%- if messages[0]['role'] == 'system' %}\n        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n"
        f"    {{%- else %}}\n        {{{{- '<|im_start|>system\\n{system}<|im_end|>\\n' }}}}\n    {{%- endif %}}\n"
        '{%- for message in messages %}\n    {%- if (message.role == "user") or (message.role == "system" and not loop.first)'
        ' or (message.role == "assistant" and not message.tool_calls) %}\n'
        "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n    {%- endif %}\n"
        "{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n"
    )


PHI3 = "".join(
    f"{{% {'if' if i == 0 else 'elif'} message['role'] == '{role}' %}}{{{{'<|{role}|>\\n' + message['content'] + '<|end|>\\n'}}}}"
    for i, role in enumerate(["system", "user", "assistant"])
)
ZEPHYR = "".join(
    f"{{% {'if' if i == 0 else 'elif'} message['role'] == '{role}' %}}\n{{{{ '<|{role}|>\\n' + message['content'] + eos_token }}}}\n"
    for i, role in enumerate(["user", "system", "assistant"])
)
LLAMA3_TURN = "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>'"

# name: (Jinja text, bos, eos, what ends an answer)
TEMPLATES = {
    "chatml": ("{% for message in messages %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML, "<s>", "<|im_end|>", "<|im_end|>"),
    "qwen2": (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML,
        None, "<|im_end|>", "<|im_end|>"),
    "qwen2.5": (qwen("You are Qwen, created by Alibaba Cloud. You are a helpful assistant."), None, "<|im_end|>", "<|im_end|>"),
    "llama2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
        "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
        "{% for message in loop_messages %}" + ALTERNATE + "{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        "{% else %}{% set content = message['content'] %}{% endif %}"
        "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
        "{% elif message['role'] == 'system' %}{{ '<<SYS>>\\n' + content.strip() + '\\n<</SYS>>\\n\\n' }}"
        "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
        "<s>", "</s>", "</s>"),
    "llama3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = " + LLAMA3_TURN + " %}"
        "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
        "<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>"),
    "llama3.1": (
        '{{- bos_token }}\n{%- if not date_string is defined %}\n    {%- set date_string = "26 Jul 2024" %}\n{%- endif %}\n'
        "{#- This block extracts the system message, so we can slot it into the right place. #}\n"
        "{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content']|trim %}\n"
        '    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system_message = "" %}\n{%- endif %}\n'
        '{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}\n{{- "Cutting Knowledge Date: December 2023\\n" }}\n'
        '{{- "Today Date: " + date_string + "\\n\\n" }}\n{{- system_message }}\n{{- "<|eot_id|>" }}\n'
        "{%- for message in messages %}\n        {{- " + LLAMA3_TURN + " }}\n{%- endfor %}\n"
        "{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}\n{%- endif %}\n",
        "<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>"),
    "mistral": (mistral(["' [INST] '", "' [/INST]'"], "' ' + message['content'] + eos_token", "loop.first"), "<s>", "</s>", "</s>"),
    "mistral-v0": (
        "{{ bos_token }}{% for message in messages %}" + ALTERNATE + "{% if message['role'] == 'user' %}"
        "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
        "{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}"
        "{% endif %}{% endfor %}",
        "<s>", "</s>", "</s>"),
    "mistral-v3": (mistral(["\"[INST] \"", "\"[/INST]\""], "\" \" + message[\"content\"]|trim + eos_token", "loop.last"), "<s>", "</s>", "</s>"),
    "mistral-v3-tekken": (mistral(["\"[INST]\"", "\"[/INST]\""], "message[\"content\"] + eos_token", "loop.last"), "<s>", "</s>", "</s>"),
    "mistral-v7": (
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + '[/INST]' }}"
        "{% elif message['role'] == 'system' %}{{ '[SYSTEM_PROMPT] ' + message['content'] + '[/SYSTEM_PROMPT]' }}"
        "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}"
        "{% else %}{{ raise_exception('Only user, system and assistant roles are supported!') }}{% endif %}{% endfor %}",
        "<s>", "</s>", "</s>"),
    "gemma": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
        "{% for message in messages %}" + ALTERNATE + "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
        "{% else %}{% set role = message['role'] %}{% endif %}"
        "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}",
        "<bos>", "<eos>", "<end_of_turn>"),
    "gemma3": (
        "{{ bos_token }}\n{%- if messages[0]['role'] == 'system' -%}\n    {%- if messages[0]['content'] is string -%}\n"
        "        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}\n    {%- else -%}\n"
        "        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}\n    {%- endif -%}\n"
        "    {%- set loop_messages = messages[1:] -%}\n{%- else -%}\n    {%- set first_user_prefix = \"\" -%}\n"
        "    {%- set loop_messages = messages -%}\n{%- endif -%}\n{%- for message in loop_messages -%}\n"
        "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}\n"
        "        {{ raise_exception(\"Conversation roles must alternate user/assistant/user/assistant/...\") }}\n    {%- endif -%}\n"
        "    {%- if (message['role'] == 'assistant') -%}\n        {%- set role = \"model\" -%}\n    {%- else -%}\n"
        "        {%- set role = message['role'] -%}\n    {%- endif -%}\n"
        "    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else \"\") }}\n"
        "    {%- if message['content'] is string -%}\n        {{ message['content'] | trim }}\n"
        "    {%- elif message['content'] is iterable -%}\n        {%- for item in message['content'] -%}\n"
        "            {%- if item['type'] == 'image' -%}\n                {{ '<start_of_image>' }}\n"
        "            {%- elif item['type'] == 'text' -%}\n                {{ item['text'] | trim }}\n            {%- endif -%}\n"
        "        {%- endfor -%}\n    {%- else -%}\n        {{ raise_exception(\"Invalid content type\") }}\n    {%- endif -%}\n"
        "    {{ '<end_of_turn>\n' }}\n{%- endfor -%}\n{%- if add_generation_prompt -%}\n    {{'<start_of_turn>model\n'}}\n{%- endif -%}\n",
        "<bos>", "<eos>", "<end_of_turn>"),
    "phi3": (
        "{% for message in messages %}" + PHI3 + "{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}",
        "<s>", "<|endoftext|>", "<|end|>"),
    "zephyr": (
        "{% for message in messages %}\n" + ZEPHYR + "{% endif %}\n"
        "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
        "<s>", "</s>", "</s>"),
    "alpaca": (one_line_style(["### Instruction:\\n", "\\n\\n"], ["### Response:\\n", "\\n\\n"], "### Response:\\n"), "<s>", "</s>", "</s>"),
    "vicuna": (one_line_style(["USER: ", "\\n"], ["ASSISTANT: ", "\\n"], "ASSISTANT:"), "<s>", "</s>", "</s>"),
}

# Texts that are near a built-in one and render otherwise.
UNKNOWN = {
    "ChatML with bos": "{{ bos_token }}{% for message in messages %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML,
    "ChatML with another system text": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a small assistant<|im_end|>\\n' }}{% endif %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML,
    "ChatML that trims": ("{% for message in messages %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML).replace(
        "message['content']", "message['content'] | trim"),
    "ChatML without the line end": ("{% for message in messages %}" + CHATML_TURN + "{% endfor %}" + OPEN_CHATML).replace(
        "'<|im_end|>' + '\\n'", "'<|im_end|>'"),
    "Llama 3.2 with today's date": TEMPLATES["llama3.1"][0].replace(
        '"26 Jul 2024"', 'strftime_now("%d %b %Y") if strftime_now is defined else "26 Jul 2024"'),
    "Phi-3 of the first days": "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|user|>' + '\\n' + "
    "message['content'] + '<|end|>' + '\\n' + '<|assistant|>' + '\\n'}}{% elif (message['role'] == 'assistant') %}"
    "{{message['content'] + '<|end|>' + '\\n'}}{% endif %}{% endfor %}",
    "Vicuna in one line": TEMPLATES["vicuna"][0].replace("| trim + '\\n' }}", "| trim + ' ' }}"),
    "no Jinja": "{{ '<|im_start|>",
    "unclosed": "{% for message in messages",
    "OpenChat": "{{ bos_token }}{% for message in messages %}{{ 'GPT4 Correct ' + message['role'].title() + ': ' + message['content'] + "
    "'<|end_of_turn|>'}}{% endfor %}{% if add_generation_prompt %}{{ 'GPT4 Correct Assistant:' }}{% endif %}",
}

# The same as a built-in one, written otherwise.
OTHERWISE = {
    "chatml": "{%- for message in messages -%}\n<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- \"<|im_start|>assistant\\n\" }}\n{%- endif %}",
    "zephyr": TEMPLATES["zephyr"][0].replace("message['content']", 'message["content"]').replace("'<|", '"<|').replace("\\n'", '\\n"')
    .replace("'<|assistant|>' }}", '"<|assistant|>" }}').replace("|>' }}", '|>" }}'),
    "gemma": TEMPLATES["gemma"][0].replace("message['content'] | trim", "message['content'].strip()"),
}


def message(role, content):
    return {"role": role, "content": content}


S, U, A = "system", "user", "assistant"
CONVERSATIONS = [
    [(U, "Hello")],
    [(U, "Hello"), (A, "Hi there")],
    [(S, "You are terse."), (U, "Hello")],
    [(S, "You are terse."), (U, "Hello"), (A, "Hi there")],
    [(S, "You are terse."), (U, "Hello"), (A, "Hi there"), (U, "Who are you?")],
    [(U, "1 + 1?"), (A, "2"), (U, "2 + 2?"), (A, "4"), (U, "3 + 3?"), (A, "6")],
    [(S, " \n sys \n"), (U, "\n  u \t"), (A, "\u00a0\u3000 a\u2028\x1c"), (U, " \n "), (A, "  ")],
    [(U, "{content} {eos} {bos} {role} {{ x }} {"), (A, "{eos}</s><|im_end|>"), (U, "größer 日本語 🙂"), (A, "ja – 是 🙂")],
    [(S, ""), (U, ""), (A, "")],
    [(U, "Why?"), (A, "<think>\n\nhm\n</think>\n\n\nBecause.")],
    [(U, "Why?"), (A, "<think>\nhm\n</think>\n\nBecause."), (U, "And?"), (A, "\nNo thought.")],
    [(U, "Why?"), (A, "a</think>b</think>c"), (A, "</think>"), (A, "<think>x<think>y</think>z")],
    [(U, "One"), (U, "two")],
    [(A, "First")],
    [(S, "Only this")],
    [(U, "Hello"), (A, "Hi"), (A, "Hi again")],
    [(U, "Hello"), (S, "Be terse."), (U, "Hm"), (A, "Yes")],
    [(U, "Call"), ("tool", "42"), (A, "It is 42.")],
]


def render(tokenizer, messages, is_open):
    try:
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=is_open)
    except (jinja2.exceptions.TemplateError, ValueError):
        return None


def answers(tokenizer, messages, text, ending):
    """Bytes of the answers; None where the text before one depends on what follows (Mistral's system text)."""
    spans = []
    for i, current in enumerate(messages):
        if current["role"] != A:
            continue
        before = render(tokenizer, messages[:i], True) if i > 0 else None
        if before is None or not text.startswith(before):
            return None
        after = render(tokenizer, messages[: i + 1], False)
        begin = len(before)
        content = current["content"].split("</think>")[-1].strip()
        end = text.index(ending, text.index(content, begin) + len(content)) + len(ending)
        assert after is not None
        spans.append([len(text[:begin].encode()), len(text[:end].encode())])
    return spans


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared/data")
    qwen3 = json.loads((folder / "tokenizers/qwen2-qwen3/tokenizer_config.json").read_text())["chat_template"]
    templates = []
    for name, (jinja, bos, eos, ending) in (TEMPLATES | {"qwen3": (qwen3, None, "<|im_end|>", "<|im_end|>")}).items():
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(WordLevel({"a": 0}, unk_token="a")), bos_token=bos, eos_token=eos, chat_template=jinja)
        rendered = []
        for conversation in CONVERSATIONS:
            messages = [message(*turn) for turn in conversation]
            closed, opened = render(tokenizer, messages, False), render(tokenizer, messages, True)
            spans = None if closed is None else answers(tokenizer, messages, closed, ending)
            rendered.append({"closed": closed, "open": opened, "answers": spans})
        templates.append({"name": name, "jinja": None if name == "qwen3" else jinja, "bos": bos, "eos": eos, "rendered": rendered})
    texts = {t["name"]: [r["closed"] for r in t["rendered"] if r["closed"] is not None] for t in templates}
    encoded = []
    for name, template in (("gpt2", "phi3"), ("roberta-base", "zephyr"), ("llama2", "llama2"), ("llama2", "mistral"), ("llama2", "alpaca")):
        tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / name / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts[template]]
        encoded.append({"tokenizer": name, "template": template, "ids": ids})
    golden = {
        "conversations": [[message(*turn) for turn in conversation] for conversation in CONVERSATIONS],
        "templates": templates,
        "encoded": encoded,
        "unknown": UNKNOWN,
        "otherwise": OTHERWISE,
    }
    (ROOT / "tests/data/chat_templates.json").write_text(json.dumps(golden, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
