// Where the program's own data lie and where it keeps what is the user's.
#pragma once

#include "base/files.h"

namespace mtlora {

// datasets/ and resources/ of the program. MTLORA_DATA_DIR moves both (an installed program); otherwise the source
// tree.
Path datasets_dir();
Path resources_dir();

// The folder of the bundled model package (config.json, model.safetensors, tokenizer.json); empty if it is not
// installed.
Path bundled_model_dir();

// Settings, the index of runs and, unless a run says otherwise, the run folders: MTLORA_HOME, else
// $XDG_DATA_HOME/mtlora-studio, else ~/.local/share/mtlora-studio. Made when first asked for.
Path home_dir();
Path runs_dir();  // home_dir()/runs

// ~ at the start of a path is the user's home folder.
Path expand_user(const std::string& path);

}  // namespace mtlora
