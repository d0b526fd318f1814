#!/bin/sh -eu
# Nothing in an image may change its user: Lambda's sandbox forbids it anyway, and scanners ask.
find / -xdev -type f -perm /6000 -exec chmod a-s '{}' +
