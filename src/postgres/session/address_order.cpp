#include "postgres/session/address_order.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace leat::postgres_detail {

bool prefers_ipv4(std::string_view gai_conf) {
  // The precedences without a file; a file that has any has all.
  constexpr int usual_of_ipv4 = 10;
  constexpr int usual_of_all = 40;
  int of_ipv4 = -1;
  int of_all = -1;
  bool has_any = false;
  std::istringstream lines{std::string(gai_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    std::string network;
    int value = 0;
    if (!(words >> word >> network >> value) || word != "precedence") continue;
    has_any = true;
    if (network == "::ffff:0:0/96") of_ipv4 = value;
    if (network == "::/0") of_all = value;
  }
  if (!has_any) return usual_of_ipv4 > usual_of_all;
  return of_ipv4 > of_all;
}

bool prefers_ipv4() {
  std::ifstream file("/etc/gai.conf");
  return prefers_ipv4(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace leat::postgres_detail
