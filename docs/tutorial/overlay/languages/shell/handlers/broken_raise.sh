echo "about to fail"
init_error="init failed"
return 1
