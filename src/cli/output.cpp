#include "cli/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "cli/exit_code.hpp"
#include "leat/core/detail/printable.hpp"

namespace leat::cli {
namespace {

// What the first write that failed has left in errno.
int write_failure = 0;

void put_out(const std::string& text) {
  errno = 0;
  std::cout << text;
  if (!std::cout && write_failure == 0) write_failure = errno;
}

}  // namespace

void print_text(const std::string& text) {
  put_out(detail::printable(text));
}

void print_json(const std::string& json) {
  put_out(json + "\n");
}

void print_report(Output output, const std::string& json, const std::string& text) {
  if (output == Output::json) {
    print_json(json);
  } else if (output == Output::text) {
    print_text(text);
  }
}

void print_error(const std::string& text) {
  std::cerr << detail::printable(text);
}

int end_output(int code) {
  errno = 0;
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::cout && std::ferror(stdout) == 0) return code;
  if (write_failure == 0) write_failure = errno;
  const std::string why = write_failure == 0 ? "" : std::string(": ") + std::strerror(write_failure);
  print_error("leat: standard output cannot be written" + why +
              "; what it was to say is lost, and what was done is not undone\n");
  return code == 0 ? exit_output : code;
}

}  // namespace leat::cli
