// The tensors of a state dict that torch.save wrote (pytorch_model.bin), mapped.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/files.h"
#include "io/tensor_entry.h"

namespace mtlora {

// Reads the zip form (PyTorch 1.6 and later) and the older one of several pickles and raw storages behind them. The
// pickles are read by our own reader, which runs nothing (io/pickle.h). A value of the dict that is no tensor is passed
// over; views of one storage stay views. Values are not read. Throws Error(File) where the file can't be read and
// Error(BadInput), naming file and tensor, where it holds anything but tensors in plain containers, was written on a
// big-endian machine, or describes a tensor outside its storage.
// The forms: torch/serialization.py (_save, _legacy_save) and torch/_utils.py (_rebuild_tensor_v2) of PyTorch 2.
class TorchFile {
 public:
  explicit TorchFile(const Path& path);
  const std::map<std::string, TensorEntry>& tensors() const { return tensors_; }
  const std::shared_ptr<const MappedFile>& file() const { return file_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, TensorEntry> tensors_;
};

}  // namespace mtlora
