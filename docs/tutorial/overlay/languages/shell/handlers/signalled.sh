trap 'echo "sigterm hook ran"; exit 0' TERM

handler() { cat; }
