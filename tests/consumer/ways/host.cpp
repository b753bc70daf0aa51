// host PLUGIN: loads it and runs a job in it. If leat is a shared library, that of the plugin is the host's,
// too.
#include <dlfcn.h>

#include <iostream>
#ifdef HOST_KNOWS_LEAT
#include <leat/core/error.hpp>
#endif

namespace {

template <class Function>
Function* find(void* plugin, const char* name) {
  return reinterpret_cast<Function*>(dlsym(plugin, name));
}

}  // namespace

int main(int, char** arguments) {
  void* plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::cerr << dlerror() << '\n';
    return 1;
  }
  auto* const sees_error = find<bool()>(plugin, "plugin_sees_error");
  if (sees_error == nullptr || !sees_error()) {
    std::cerr << "the plugin does not see leat's error\n";
    return 1;
  }
#ifdef HOST_KNOWS_LEAT
  try {
    find<void()>(plugin, "plugin_fails")();
  } catch (const leat::Error& error) {
    return error.sqlstate() == "08001" ? 0 : 1;
  }
  return 1;
#endif
}
