#include <leat/src_core.hpp>
