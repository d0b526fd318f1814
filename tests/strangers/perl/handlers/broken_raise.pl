do '/var/task/handlers.pl';
print "about to fail\n";
die HandlerError->new('init failed');
