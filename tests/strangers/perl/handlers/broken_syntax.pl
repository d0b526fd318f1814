sub handler { return (
