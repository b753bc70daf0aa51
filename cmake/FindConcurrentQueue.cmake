# Finds moodycamel's header-only queue; its place differs between distributions.
# Defines ConcurrentQueue::ConcurrentQueue, included as <concurrentqueue.h>.
find_path(ConcurrentQueue_INCLUDE_DIR concurrentqueue.h
  PATH_SUFFIXES concurrentqueue concurrentqueue/moodycamel moodycamel)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ConcurrentQueue REQUIRED_VARS ConcurrentQueue_INCLUDE_DIR)
mark_as_advanced(ConcurrentQueue_INCLUDE_DIR)
if(ConcurrentQueue_FOUND AND NOT TARGET ConcurrentQueue::ConcurrentQueue)
  add_library(ConcurrentQueue::ConcurrentQueue INTERFACE IMPORTED)
  target_include_directories(ConcurrentQueue::ConcurrentQueue SYSTEM INTERFACE ${ConcurrentQueue_INCLUDE_DIR})
endif()
