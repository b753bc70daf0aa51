"""leat for Conan 2, from the tree that this file is in:

    conan create packaging/conan

With what Debian 12 has of leat's dependencies, which is how this recipe was tried:

    conan create packaging/conan -pr:a packaging/conan/debian12

With packages of Conan Center in their place it was not tried.
"""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class LeatConan(ConanFile):
    name = "leat"
    description = "Embeddable C++20 ETL library for PostgreSQL"
    license = "MIT"
    topics = ("etl", "postgresql", "copy")
    package_type = "static-library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"postgres": [True, False], "cares": [True, False], "documents": [True, False], "command": [True, False]}
    default_options = {"postgres": True, "cares": True, "documents": True, "command": True}

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "..", "..", "include", "leat", "version.hpp"))
        numbers = [re.search(rf"#define LEAT_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH")]
        self.version = ".".join(numbers)

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "*.md", "LICENSE", "cmake/*", "docs/*", "examples/*", "include/*", "src/*"):
            copy(self, pattern, src=tree, dst=self.export_sources_folder, excludes=("build/*", "packaging/*", "tests/*"))

    def configure(self):
        if not self.options.postgres:
            self.options.rm_safe("cares")
            self.options.rm_safe("documents")
            self.options.rm_safe("command")

    def requirements(self):
        self.requires("boost/[>=1.81]", transitive_headers=True)
        self.requires("concurrentqueue/[>=1.0.3 <2]", transitive_headers=True)
        self.requires("spdlog/[>=1.10 <2]")
        if self.options.postgres:
            self.requires("libpqxx/[>=6.4 <8]", transitive_headers=True)
            self.requires("libpq/[>=13]")
            self.requires("nlohmann_json/[>=3.11 <4]")
            if self.options.cares:
                self.requires("c-ares/[>=1.18 <2]")
            if self.options.documents:
                self.requires("yaml-cpp/[>=0.7 <1]")
            if self.options.command:
                self.requires("cli11/[>=2.1 <3]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["LEAT_BUILD_TESTS"] = False
        toolchain.cache_variables["LEAT_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["LEAT_BUILD_POSTGRES"] = bool(self.options.postgres)
        toolchain.cache_variables["LEAT_BUILD_CLI"] = bool(self.options.get_safe("command", False))
        toolchain.cache_variables["LEAT_CARES"] = "ON" if self.options.get_safe("cares", False) else "OFF"
        toolchain.cache_variables["LEAT_DOCUMENTS"] = "ON" if self.options.get_safe("documents", False) else "OFF"
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        # leat brings its own package for CMake, with its components.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "leat")]
        self.cpp_info.libs = ["leat_documents", "leat_jobs", "leat_postgres", "leat_core"] if self.options.postgres else ["leat_core"]
        self.cpp_info.system_libs = ["pthread"]
