#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

// Replaces libFuzzer's main in builds without libFuzzer: feeds every file of the directories on the
// command line to the target, once. A fault ends the program, so does an empty corpus.

// The name is libFuzzer's.
extern "C" int
LLVMFuzzerTestOneInput(std::uint8_t const* data, // NOLINT(readability-identifier-naming)
                       std::size_t size);

int main(int argument_count, char** arguments) {
  std::size_t count = 0;
  for (int index = 1; index < argument_count; ++index) {
    for (auto const& entry : std::filesystem::directory_iterator(arguments[index])) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<char> const bytes(std::istreambuf_iterator<char>(in), {});
      std::printf("%s\n", entry.path().filename().c_str());
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
