# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/python3.13
program=/var/runtime/bootstrap.py
export AWS_EXECUTION_ENV=AWS_Lambda_python3.13
