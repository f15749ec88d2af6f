// mtlora generate: texts that a language model writes.
#include <algorithm>
#include <iostream>

#include "api/api.h"
#include "base/lines.h"
#include "commands.h"

namespace mtlora::cli {

static std::string model, adapter, file, prompt, chat_template;
static RunConfig settings;  // of which the group "generation" counts

// The settings of the group, each as an option: generation.num_beams is --num-beams.
static void add_generation_options(CLI::App& app) {
  for (const Option& option : option_table()) {
    constexpr std::string_view group = "generation.";
    if (!option.key.starts_with(group)) continue;
    std::string name = "--" + option.key.substr(group.size());
    std::replace(name.begin(), name.end(), '_', '-');
    const auto set = [&option](const std::string& text) { option.set(settings, parse_option_text(option, text)); };
    if (option.type == OptionType::Bool) {
      app.add_flag_callback(
          name, [set] { set("true"); }, option.help);
    } else {
      app.add_option_function<std::string>(name, set, option.help)
          ->default_str(option_text(option, option.get(RunConfig())));
    }
  }
}

void add_generate(CLI::App& app) {
  CLI::App* generate = app.add_subcommand("generate", "Write texts, greedily unless told; one JSON object a line");
  generate->add_option("--model", model, "Model folder or name; left out: the adapter's own base");
  generate->add_option("--adapter", adapter, "Run, checkpoint, native or PEFT adapter folder");
  CLI::Option* of_file = generate->add_option("--file", file, "Text file with a prompt a line");
  generate->add_option("--prompt", prompt, "The one prompt")->excludes(of_file);
  generate->add_option("--chat-template", chat_template,
                       "Put each prompt into a chat: a template's name, auto, or none. Left out: as the adapter was "
                       "trained");
  add_generation_options(*generate);
  generate->callback([] {
    const std::string text = file.empty() ? std::string() : read_file(file);
    const std::vector<std::string_view> prompts =
        file.empty() ? std::vector<std::string_view>{prompt} : split_lines(text);
    const std::unique_ptr<Writer> writer = load_writer(model, adapter, chat_template);
    for (const std::string_view one : prompts) {
      const GeneratedText done = writer->write(std::string(one), settings.generation);
      std::cout << nlohmann::json{{"prompt", done.prompt}, {"text", done.text}, {"ids", done.ids}}.dump(
                       -1, ' ', false, nlohmann::json::error_handler_t::replace)
                << std::endl;
    }
  });
}

}  // namespace mtlora::cli
