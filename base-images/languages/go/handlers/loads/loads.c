/* Says by its exit status whether the loader finds the shared library that its argument names. */
#include <dlfcn.h>

int main(int count, char **arguments)
{
	return count == 2 && dlopen(arguments[1], RTLD_NOW) != 0 ? 0 : 1;
}
