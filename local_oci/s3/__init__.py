"""Object Storage in Amazon S3's form, as OCI offers it (docs: Object/Tasks/s3compatibleapi): paths, XML, signature V4.

What `pulumi login 's3://<bucket>?endpoint=…'` and S3 libraries need of buckets, objects and multipart uploads; what is
stored is the same that Object Storage's own REST shows.
"""
