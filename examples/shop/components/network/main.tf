# The name the shop answers to, kept in a file in the format of /etc/hosts.

variable "environment" {
  type = string
}

variable "directory" {
  type = string
}

locals {
  hostname = "${var.environment == "prod" ? "" : "${var.environment}."}shop.internal"
}

module "hosts" {
  source  = "../../modules/setting"
  path    = "${var.directory}/network/hosts"
  content = "127.0.0.1 ${local.hostname}\n"
}

output "hostname" {
  value      = local.hostname
  depends_on = [module.hosts]
}
