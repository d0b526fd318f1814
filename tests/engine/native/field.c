/* A library as a layer brings it: under /opt/lib, where the loader looks by LD_LIBRARY_PATH. */
int answer(void) { return 42; }
