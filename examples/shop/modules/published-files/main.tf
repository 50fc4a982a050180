# A set of files published as one release directory; `current` is switched to it in one step. Used by api, web and gateway.

variable "directory" {
  description = "Absolute path under which `releases/<id>` and `current` live."
  type        = string
}

variable "files" {
  description = "File name => content."
  type        = map(string)
}

variable "image" {
  description = "An image by digest whose files are published with the others; none when empty."
  type        = string
  default     = ""
}

locals {
  release = substr(sha256(jsonencode([var.files, var.image])), 0, 12)
}

resource "terraform_data" "release" {
  input            = { directory = var.directory, release = local.release }
  triggers_replace = [var.directory, local.release]

  # There is always a release to serve. (Destroy provisioners are not run for what is replaced this way, only when the
  # component goes; publish.mjs removes releases nobody uses any more.)
  lifecycle {
    create_before_destroy = true
  }

  provisioner "local-exec" {
    command = "node ${path.module}/publish.mjs"
    environment = {
      DIRECTORY = self.input.directory
      RELEASE   = self.input.release
      FILES     = jsonencode(var.files)
      IMAGE     = var.image
    }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -rf \"$DIRECTORY/current\" \"$DIRECTORY/releases\""
    environment = { DIRECTORY = self.input.directory }
  }
}

output "current" {
  description = "Where the newest release is found; stays the same from release to release."
  value       = "${var.directory}/current"
  depends_on  = [terraform_data.release]
}
