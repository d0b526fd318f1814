#include <jni.h>

int answer(void);

JNIEXPORT jint JNICALL Java_field_Native_told(JNIEnv *env, jclass type) { return answer(); }
