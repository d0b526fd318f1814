# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/dotnet
program=/var/runtime/client/LambdaImage.Client.dll
export AWS_EXECUTION_ENV=AWS_Lambda_dotnet8
