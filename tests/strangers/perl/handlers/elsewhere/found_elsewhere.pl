sub handler { return "elsewhere" } 1;
