# The place everything else is deployed to: a directory of its own for each environment, standing in for a machine.

variable "environment" {
  type = string
}

variable "root" {
  description = "Where the environments' directories are made. Pass another one with `--pass-env TF_VAR_root`."
  type        = string
  default     = "~/.belay-shop"
}

locals {
  directory = "${pathexpand(var.root)}/${var.environment}"
}

resource "terraform_data" "directory" {
  input            = local.directory
  triggers_replace = [local.directory]

  provisioner "local-exec" {
    command     = "mkdir -p \"$DIRECTORY\""
    environment = { DIRECTORY = self.input }
  }
}

output "directory" {
  value      = local.directory
  depends_on = [terraform_data.directory]
}
