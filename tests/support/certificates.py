"""Certificates for 127.0.0.1 that tests make for themselves."""
import pathlib
import subprocess


class Certificate:
    def __init__(self, folder, name):
        folder = pathlib.Path(folder)
        self.path, self.key_path = folder / f"{name}.crt", folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
             "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
             "-keyout", str(self.key_path), "-out", str(self.path)],
            check=True, capture_output=True, timeout=60)

    @property
    def pem(self):
        return self.path.read_bytes()
