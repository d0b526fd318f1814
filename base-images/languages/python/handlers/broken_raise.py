from handlers import HandlerError

print("about to fail")
raise HandlerError("init failed")
