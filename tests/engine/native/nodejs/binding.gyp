{"targets": [{"target_name": "native", "sources": ["native.c"], "libraries": ["-L/opt/lib", "-lfield"]}]}
