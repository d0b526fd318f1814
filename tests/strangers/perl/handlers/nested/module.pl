sub handler { return $_[0] } 1;
