"""Object Storage: buckets, objects, multipart uploads (`/n/<namespace>/b/…`), and the same in S3's form."""
