# What the API knows of the administrator's password: a salted hash, readable by its owner only.

variable "directory" {
  type = string
}

variable "admin_password" {
  type      = string
  sensitive = true
}

locals {
  # Not a secret, but another one in each environment.
  salt = sha256(var.directory)
}

module "file" {
  source  = "../../modules/setting"
  path    = "${var.directory}/credentials/admin"
  content = "${local.salt}:${sha256("${local.salt}${var.admin_password}")}"
  mode    = "600"
}

output "file" {
  value = module.file.path
}
