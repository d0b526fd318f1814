#!/bin/sh
# What `dotnet publish` would leave, made with the compiler alone: assemblies, settings, lists of dependencies; and a
# layer with a package as its store has it and an assembly as it is.
set -eu
task=$1/task layer=$1/opt
store=$layer/dotnetcore/store/x64/net6.0/stored/1.0.0/lib/net6.0
mkdir -p "$task" "$store" "$layer/dotnet"

library() {
	echo "public static class $1 { public const string Text = \"$2\"; public static readonly string Says = Text; }" >"/tmp/$1.cs"
	csc -target:library -out:"$3/$1.dll" "/tmp/$1.cs"
}
library Beside "beside the function" "$task"
library Forgotten "never published" /tmp
library Stored "in the layer's store" "$store"
library Layered "in the layer" "$layer/dotnet"

csc -target:library -optimize+ -reference:"$task/Beside.dll" -reference:/tmp/Forgotten.dll -out:"$task/Probe.dll" Probe.cs
csc -target:exe -out:"$task/Program.dll" Program.cs
csc -target:library -out:"$task/Amazon.Lambda.Core.dll" AmazonLambdaCore.cs
csc -target:library -reference:"$task/Amazon.Lambda.Core.dll" -out:"$task/Hooks.dll" Hooks.cs
for one in Probe Program Hooks; do
	cat >"$task/$one.runtimeconfig.json" <<-END
		{
		  "runtimeOptions": {
		    "tfm": "net6.0",
		    "framework": { "name": "Microsoft.NETCore.App", "version": "6.0.0" },
		    "configProperties": { "Field.Setting": "$one's own" }
		  }
		}
	END
done
cat >"$task/Probe.deps.json" <<-END
	{
	  "runtimeTarget": { "name": ".NETCoreApp,Version=v6.0", "signature": "" },
	  "compilationOptions": {},
	  "targets": {
	    ".NETCoreApp,Version=v6.0": {
	      "Probe/1.0.0": { "dependencies": { "Stored": "1.0.0", "Beside": "1.0.0" }, "runtime": { "Probe.dll": {} } },
	      "Beside/1.0.0": { "runtime": { "Beside.dll": {} } },
	      "Stored/1.0.0": { "runtime": { "lib/net6.0/Stored.dll": {} } }
	    }
	  },
	  "libraries": {
	    "Probe/1.0.0": { "type": "project", "serviceable": false, "sha512": "" },
	    "Beside/1.0.0": { "type": "project", "serviceable": false, "sha512": "" },
	    "Stored/1.0.0": { "type": "package", "serviceable": true, "sha512": "", "path": "stored/1.0.0" }
	  }
	}
END
