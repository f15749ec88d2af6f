// mtlora: the command line. What the window does, this does from the same run file.
#include <cstdio>
#include <iostream>

#include "api/api.h"
#include "base/error.h"
#include "commands.h"

int mtlora::cli::exit_code = 0;

// One line "error: ..." for a person, with the hint after it.
static int report(const std::string& message, const std::string& hint, int code) {
  std::cerr << "error: " << message << (hint.empty() ? "" : ". " + hint) << "\n";
  return code;
}

int main(int argc, char** argv) {
  CLI::App app{"Fine-tunes language models with MTLoRA and shows what the adapter does."};
  app.set_version_flag("--version", mtlora::version());
  app.require_subcommand(1);
  mtlora::cli::add_train(app);
  mtlora::cli::add_eval_logits_tokenize(app);
  mtlora::cli::add_generate(app);
  mtlora::cli::add_score(app);
  mtlora::cli::add_export_geometry(app);
  mtlora::cli::add_lists(app);
  mtlora::cli::add_compare(app);
  mtlora::cli::add_bench(app);
  try {
    mtlora::initialise();
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return report(error.what(), "'mtlora --help' shows how it is used.", static_cast<int>(mtlora::ErrorCode::BadInput));
  } catch (const mtlora::Error& error) {
    return report(error.what(), error.hint(), static_cast<int>(error.code()));
  } catch (const std::exception& error) {
    return report(std::string("a defect of the program: ") + error.what(), "Please report it.",
                  static_cast<int>(mtlora::ErrorCode::Internal));
  }
  if (!std::cout.flush())
    return report("standard output could not be written", "", static_cast<int>(mtlora::ErrorCode::File));
  return mtlora::cli::exit_code;
}
