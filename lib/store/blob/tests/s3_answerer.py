#!/usr/bin/env python3
"""An S3 bucket for tests: s3_answerer.py BUCKET REGION ACCESS_KEY SECRET [CERT KEY]

Keeps objects in memory and checks every signature by its own reading of Signature Version 4 (it
shares nothing with the client under test). Prints "port N", then obeys lines on standard input and
answers each with one line; ends when standard input ends.

    mode METHOD WHAT   misbehave (METHOD may be *): none corrupt cut drop slow endless redirect
                       etag lose short, a status (500, 503, 507), or status:Code (400:BadDigest)
    page N             keys of one page of a listing
    put KEY HEX        store behind the client's back;  get KEY  answers the hex
    rm KEY             remove behind the client's back
    count METHOD       requests of that method so far (* for all)
    leaked             1 when a request had the secret in it
"""
import datetime
import hashlib
import hmac
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

SKEW = datetime.timedelta(minutes=15)


class Bucket:
    def __init__(self, name, region, access, secret):
        self.name, self.region, self.access, self.secret = name, region, access, secret
        self.objects, self.modes, self.counts = {}, {}, {}
        self.page, self.leaked = 1000, False
        self.lock = threading.Lock()

    def mode(self, method):
        return self.modes.get(method) or self.modes.get('*') or 'none'


def uri_encode(text, safe=''):
    return urllib.parse.quote(text, safe=safe + '-._~')


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


def canonical_request(method, path, query, headers, signed, payload):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    encoded = sorted((uri_encode(name), uri_encode(value)) for name, value in pairs)
    lines = [method, uri_encode(urllib.parse.unquote(path), '/'),
             '&'.join(f'{name}={value}' for name, value in encoded)]
    lines += [f'{name}:{" ".join(headers[name].split())}' for name in signed]
    return '\n'.join(lines + ['', ';'.join(signed), payload])


def check_signature(bucket, method, target, headers):
    """Raises Refused unless the request was signed by who knows the secret."""
    scheme, _, rest = headers.get('authorization', '').partition(' ')
    fields = dict(part.strip().partition('=')[::2] for part in rest.split(','))
    if scheme != 'AWS4-HMAC-SHA256' or set(fields) != {'Credential', 'SignedHeaders', 'Signature'}:
        raise Refused(403, 'AccessDenied')
    access, day, region, service, end = fields['Credential'].split('/')
    when, signed = headers['x-amz-date'], fields['SignedHeaders'].split(';')
    if access != bucket.access:
        raise Refused(403, 'InvalidAccessKeyId')
    if (region, service, end) != (bucket.region, 's3', 'aws4_request') or when[:8] != day:
        raise Refused(400, 'AuthorizationHeaderMalformed')
    must = {'host'} | {name for name in headers if name.startswith('x-amz-')}
    if signed != sorted(signed) or not must <= set(signed) or not set(signed) <= set(headers):
        raise Refused(403, 'AccessDenied')
    stamp = datetime.datetime.strptime(when, '%Y%m%dT%H%M%SZ')
    if abs(datetime.datetime.utcnow() - stamp) > SKEW:
        raise Refused(403, 'RequestTimeTooSkewed')
    path, _, query = target.partition('?')
    text = canonical_request(method, path, query, headers, signed, headers['x-amz-content-sha256'])
    scope = f'{day}/{region}/{service}/{end}'
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = hmac_sha256(('AWS4' + bucket.secret).encode(), day)
    for step in (region, service, end):
        key = hmac_sha256(key, step)
    expected = hmac_sha256(key, f'AWS4-HMAC-SHA256\n{when}\n{scope}\n{digest}').hex()
    if not hmac.compare_digest(expected, fields['Signature']):
        raise Refused(403, 'SignatureDoesNotMatch')


def listing(bucket, query):
    """The answer of ListObjectsV2."""
    prefix, size = query.get('prefix', ''), min(bucket.page, int(query.get('max-keys', 1000)))
    after = bytes.fromhex(query.get('continuation-token', '')[1:]).decode()
    keys = [key for key in sorted(bucket.objects) if key.startswith(prefix) and key > after]
    page, more = keys[:size], len(keys) > size
    code = uri_encode if query.get('encoding-type') == 'url' else lambda key, safe: escape(key)
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult '
             'xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
             f'<Name>{bucket.name}</Name><Prefix>{code(prefix, "/")}</Prefix>',
             f'<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>']
    if more:
        parts.append(f'<NextContinuationToken>/{page[-1].encode().hex()}</NextContinuationToken>')
    for key in page:
        parts.append(f'<Contents><Key>{code(key, "/")}</Key>'
                     f'<Size>{len(bucket.objects[key])}</Size></Contents>')
    return ''.join(parts + ['</ListBucketResult>']).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60
    bucket = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b'', headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body) if length is None else length))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def refuse(self, status, code):
        self.close_connection = True
        self.answer(status, f'<?xml version="1.0"?><Error><Code>{code}</Code>'
                            '<Message>refused</Message></Error>'.encode())

    def wait_for_end(self):
        """Until the other side gives up."""
        self.close_connection = True
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    def endless(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        try:
            while True:
                self.wfile.write(b'4000\r\n' + b'x' * 0x4000 + b'\r\n')
        except OSError:
            pass

    def misbehave(self, mode):
        """True when the answer was given, or is not to be."""
        if mode == 'drop':
            self.close_connection = True
        elif mode == 'slow':
            self.wait_for_end()
        elif mode == 'endless':
            self.endless()
        elif mode == 'redirect':
            self.answer(307, headers=[('Location', f'http://{self.headers["Host"]}/elsewhere')])
        elif mode[0].isdigit():
            status, _, code = mode.partition(':')
            self.refuse(int(status), code or 'InternalError')
        else:
            return False
        return True

    def note(self):
        with self.bucket.lock:
            for name in (self.command, '*'):
                self.bucket.counts[name] = self.bucket.counts.get(name, 0) + 1
            whole = self.requestline + str(self.headers)
            if self.bucket.secret in urllib.parse.unquote(whole):
                self.bucket.leaked = True

    def handle_request(self):
        self.note()
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            check_signature(self.bucket, self.command, self.path, headers)
            if hashlib.sha256(body).hexdigest() != headers['x-amz-content-sha256']:
                raise Refused(400, 'XAmzContentSHA256Mismatch')
            mode = self.bucket.mode(self.command)
            if not self.misbehave(mode):
                self.serve(body, mode)
        except Refused as why:
            self.refuse(why.status, why.code)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_request

    def serve(self, body, mode):
        path, _, query = self.path.partition('?')
        bucket, _, key = urllib.parse.unquote(path)[1:].partition('/')
        if bucket != self.bucket.name:
            raise Refused(404, 'NoSuchBucket')
        with self.bucket.lock:
            if not key:
                page = listing(self.bucket, dict(urllib.parse.parse_qsl(query)))
            elif self.command == 'PUT':
                return self.put(key, body, mode)
            elif self.command == 'DELETE':
                self.bucket.objects.pop(key, None)
                return self.answer(204)
            elif key not in self.bucket.objects:
                raise Refused(404, 'NoSuchKey')
            else:
                return self.get(self.bucket.objects[key], mode)
        return self.answer(200, page, [('Content-Type', 'application/xml')])

    def put(self, key, body, mode):
        if mode != 'lose':
            self.bucket.objects[key] = body[:-1] if mode == 'short' else body
        tag = hashlib.md5(b'other' if mode == 'etag' else body).hexdigest()
        return self.answer(200, headers=[('ETag', f'"{tag}"')])

    def get(self, body, mode):
        tag, length = hashlib.md5(body).hexdigest(), len(body)
        if mode == 'corrupt':
            body = body[:-1] + bytes([body[-1] ^ 1])
        if mode == 'cut':
            self.close_connection = True
            body = body[:length // 2]
        return self.answer(200, body, [('ETag', f'"{tag}"')], length)


def obey(bucket, words):
    with bucket.lock:
        if words[0] == 'mode':
            bucket.modes[words[1]] = words[2]
        elif words[0] == 'page':
            bucket.page = int(words[1])
        elif words[0] == 'put':
            bucket.objects[words[1]] = bytes.fromhex(words[2] if len(words) > 2 else '')
        elif words[0] == 'get':
            return bucket.objects[words[1]].hex()
        elif words[0] == 'rm':
            bucket.objects.pop(words[1], None)
        elif words[0] == 'count':
            return str(bucket.counts.get(words[1], 0))
        elif words[0] == 'leaked':
            return str(int(bucket.leaked))
        else:
            return 'not understood'
    return 'ok'


def main():
    Handler.bucket = bucket = Bucket(*sys.argv[1:5])
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 5:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[5], sys.argv[6])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('port', server.server_address[1], flush=True)
    for line in sys.stdin:
        print(obey(bucket, line.split()), flush=True)


if __name__ == '__main__':
    main()
