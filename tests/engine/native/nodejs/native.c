#include <node_api.h>

int answer(void);

static napi_value told(napi_env env, napi_callback_info info) {
  napi_value value;
  napi_create_int32(env, answer(), &value);
  return value;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, NULL, 0, told, NULL, &function);
  return function;
}
