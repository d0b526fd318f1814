# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/python3.8
program=/var/runtime/bootstrap.py
export AWS_EXECUTION_ENV=AWS_Lambda_python3.8
