#include "documents/yaml_words.hpp"

#include <array>

namespace leat::documents_detail {
namespace {

struct Translation {
  std::string_view begins;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view quote_it = "text that has such signs in it is written in quotes";
constexpr std::string_view look_at_lines = "look at how far this line and those above it are indented";

constexpr std::array<Translation, 21> translations{{
    {"illegal map value", "a colon may not stand here",
     "text with \": \" in it is written in quotes; else look at how far this line and those above are "
     "indented"},
    {"illegal map key", "a key may not stand here", look_at_lines},
    {"illegal block entry", "a list may not begin here",
     "the items of a list stand on lines of their own, below its key"},
    {"end of sequence flow not found", "a list that begins with [ is not closed",
     "a comma or ] is missing before this place"},
    {"end of map flow not found", "a mapping that begins with { is not closed",
     "a comma or } is missing before this place"},
    {"end of map not found", "this is no part of the mapping above it", look_at_lines},
    {"end of sequence not found", "this is no part of the list above it", look_at_lines},
    {"illegal flow end", "] or } may not stand here: nothing is open that it closes", ""},
    {"illegal EOF in scalar", "text in quotes is not closed", ""},
    {"illegal document indicator in scalar", "text in quotes is not closed", ""},
    {"unknown token", "a value may not begin with this character", quote_it},
    {"illegal tab when looking for indentation", "a tab indents this line", "indent by spaces"},
    {"unknown escape character", "there is no such escape in double quotes",
     "write \\\\ for a backslash, or the text in single quotes"},
    {"invalid unicode", "this escape is no character",
     "a character beyond U+FFFF is written as it is, or as \\U0001f600"},
    {"bad character found while scanning hex number", "an escape in double quotes has a wrong digit",
     "write \\\\ for a backslash, or the text in single quotes"},
    {"the referenced anchor is not defined", "no anchor of that name stands before this alias", quote_it},
    {"alias not found after *", "an alias has no name", quote_it},
    {"anchor not found after &", "an anchor has no name", quote_it},
    {"unexpected character in block scalar", "this may not stand behind | or >",
     "the text begins on the next line"},
    {"a required indent", "this line is not indented as far as it must be", look_at_lines},
    {"bad file", "the document is nested too deeply", ""},
}};

}  // namespace

YamlWords yaml_words(std::string_view message) {
  for (const auto& one : translations) {
    if (message.starts_with(one.begins)) {
      return {.message = std::string(one.message), .hint = std::string(one.hint)};
    }
  }
  return {.message = "this is no YAML: " + std::string(message)};
}

}  // namespace leat::documents_detail
