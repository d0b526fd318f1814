require "mkmf"
dir_config("field", "/opt/include", "/opt/lib")
have_library("field") or abort "no libfield"
create_makefile("native/native")
