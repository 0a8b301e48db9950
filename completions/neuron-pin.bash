# bash completion of neuron-pin, written by: neuron-pin completion bash
_neuron_pin() {
  local list1='auto always never'
  local list2='aws-neuron-dkms aws-neuron-k8-plugin aws-neuron-k8-scheduler aws-neuron-runtime-base aws-neuron-tools aws-neuronx-collectives aws-neuronx-dkms aws-neuronx-gpsimd-customop aws-neuronx-gpsimd-customop-lib aws-neuronx-gpsimd-tools aws-neuronx-k8-plugin aws-neuronx-k8-scheduler aws-neuronx-oci-hook aws-neuronx-oci-hooks aws-neuronx-runtime-discovery aws-neuronx-runtime-lib aws-neuronx-tools dmlc-nnvm dmlc-topi dmlc-tvm inferentia-hwm islpy jax-neuronx libneuronxla libtorch-neuronx-lite mx-neuron mxnet-neuron neuron-agentic-development neuron-cc neuronperf neuronx-cc neuronx-cc-stubs neuronx-distributed neuronx-distributed-inference neuronx-distributed-training neuronx-gpsimd-customop neuronx-gpsimd-tools neuronx-hwm nki nrtpy tensorboard-plugin-neuron tensorboard-plugin-neuronx tensorflow-model-server-neuron tensorflow-model-server-neuronx tensorflow-neuron tensorflow-neuronx torch torch-neuron torch-neuronx torch-xla transformers-neuronx vllm-neuron'
  local list3='exact minor major'
  local list4='constraints apt-preferences json pylock uv uv-project pip-conf versionlock versionlock-toml apt-source rpm-repository hook-state text'
  local list5='inf1 inf2 trn1 trn1n trn2 trn3'
  local list6='ubuntu18.04 ubuntu20.04 ubuntu22.04 ubuntu24.04 ubuntu26.04 debian12 amzn2 amzn2023 rocky9 rhel10'
  local list7='3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14'
  local list8='latest 2.32.0 2.31.1 2.31.0 2.30.0 2.29.1 2.29.0 2.28.1 2.28.0 2.27.1 2.27.0 2.26.1 2.26.0 2.25.0 2.24.1 2.24.0 2.23.0 2.22.0 2.21.1 2.21.0 2.20.2 2.20.1 2.20.0 2.19.1 2.19.0 2.18.2 2.18.1 2.18.0 2.17.0 2.16.1 2.16.0 2.15.2 2.15.1 2.15.0 2.14.1 2.14.0 2.13.2 2.13.1 2.13.0 2.12.2 2.12.1 2.12.0 2.11.0 2.10.0 2.9.1 2.9.0 2.8.0 2.7.0 2.6.0 2.5.0 2.4.0 2.3.0'
  local list9='host container both'
  local list10='alpha beta rc stable maintenance eos'
  local list11=auto
  local list12='allow warn refuse'
  local list13='text json'
  local list14='huggingface-pytorch-inference-neuronx huggingface-pytorch-training-neuronx huggingface-vllm-inference-neuronx jax-training-neuronx mxnet-inference-neuron pytorch-inference-neuron pytorch-inference-neuronx pytorch-inference-vllm-neuronx pytorch-training-neuron pytorch-training-neuronx tensorflow-inference-neuron tensorflow-inference-neuronx 1.13.0-transformers4.28.1-neuronx-py38-sdk2.9.1-ubuntu20.04 1.13.1-transformers4.34.1-neuronx-py310-sdk2.15.0-ubuntu20.04 2.1.2-transformers4.36.2-neuronx-py310-sdk2.18.0-ubuntu20.04 2.1.2-transformers4.43.2-neuronx-py310-sdk2.20.0-ubuntu20.04 2.7.1-transformers4.51.3-neuronx-py310-sdk2.24.1-ubuntu22.04 2.8.0-transformers4.55.4-neuronx-py310-sdk2.26.0-ubuntu22.04 1.13.1-transformers4.36.2-neuronx-py310-sdk2.18.0-ubuntu20.04 2.1.2-transformers4.48.1-neuronx-py310-sdk2.20.0-ubuntu20.04 2.7.0-transformers4.51.0-neuronx-py310-sdk2.24.1-ubuntu22.04 0.10.2-neuronx-py310-sdk2.26.0-ubuntu22.04 0.11.0-optimum0.4.2-neuronx-py310-sdk2.26.0-ubuntu22.04 0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.0-ubuntu22.04 0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04 0.11.0-optimum0.4.5-neuronx-py310-sdk2.26.1-ubuntu22.04 0.4-neuronx-py310-sdk2.21.0-ubuntu22.04 0.4-neuronx-py310-sdk2.21.1-ubuntu22.04 0.5-neuronx-py310-sdk2.22.0-ubuntu22.04 0.5-neuronx-py310-sdk2.23.0-ubuntu22.04 0.6-neuronx-py310-sdk2.24.0-ubuntu22.04 0.6-neuronx-py310-sdk2.24.1-ubuntu22.04 0.6-neuronx-py310-sdk2.25.0-ubuntu22.04 0.6-neuronx-py311-sdk2.26.0-ubuntu22.04 0.6-neuronx-py311-sdk2.26.1-ubuntu22.04 0.7-neuronx-py312-sdk2.27.0-ubuntu24.04 0.7-neuronx-py312-sdk2.27.1-ubuntu24.04 0.7-neuronx-py312-sdk2.28.0-ubuntu24.04 0.7-neuronx-py312-sdk2.29.0-ubuntu24.04 0.7-neuronx-py312-sdk2.29.1-ubuntu24.04 0.9.0-neuronx-py313-sdk2.30.0-ubuntu24.04 0.9.0-neuronx-py313-sdk2.31.0-ubuntu24.04 0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04 0.10.0-neuronx-py313-sdk2.32.0-ubuntu24.04 1.8.0-neuron-py38-sdk2.5.0-ubuntu20.04 1.12.1-neuron-py38-sdk2.5.0-ubuntu20.04 1.13.1-neuron-py38-sdk2.10.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.11.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.12.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.13.2-ubuntu20.04 1.13.1-neuron-py310-sdk2.14.1-ubuntu20.04 1.13.1-neuron-py310-sdk2.15.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.18.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.18.1-ubuntu20.04 1.13.1-neuron-py310-sdk2.18.2-ubuntu20.04 1.13.1-neuron-py310-sdk2.19.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.19.1-ubuntu20.04 1.13.1-neuron-py310-sdk2.20.0-ubuntu20.04 1.13.1-neuron-py310-sdk2.20.1-ubuntu20.04 1.13.1-neuron-py310-sdk2.20.2-ubuntu20.04 1.13.0-neuronx-py38-sdk2.9.0-ubuntu20.04 1.13.1-neuronx-py38-sdk2.10.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.11.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.12.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.13.2-ubuntu20.04 1.13.1-neuronx-py310-sdk2.14.1-ubuntu20.04 1.13.1-neuronx-py310-sdk2.15.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.18.0-ubuntu20.04 2.1.2-neuronx-py310-sdk2.18.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.18.1-ubuntu20.04 2.1.2-neuronx-py310-sdk2.18.1-ubuntu20.04 1.13.1-neuronx-py310-sdk2.18.2-ubuntu20.04 2.1.2-neuronx-py310-sdk2.18.2-ubuntu20.04 1.13.1-neuronx-py310-sdk2.19.0-ubuntu20.04 2.1.2-neuronx-py310-sdk2.19.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.19.1-ubuntu20.04 2.1.2-neuronx-py310-sdk2.19.1-ubuntu20.04 1.13.1-neuronx-py310-sdk2.20.0-ubuntu20.04 2.1.2-neuronx-py310-sdk2.20.0-ubuntu20.04 1.13.1-neuronx-py310-sdk2.20.1-ubuntu20.04 2.1.2-neuronx-py310-sdk2.20.1-ubuntu20.04 1.13.1-neuronx-py310-sdk2.20.2-ubuntu20.04 2.1.2-neuronx-py310-sdk2.20.2-ubuntu20.04 2.5.1-neuronx-py310-sdk2.21.0-ubuntu22.04 2.5.1-neuronx-py310-sdk2.21.1-ubuntu22.04 2.5.1-neuronx-py310-sdk2.22.0-ubuntu22.04 2.6.0-neuronx-py310-sdk2.23.0-ubuntu22.04 2.7.0-neuronx-py310-sdk2.24.0-ubuntu22.04 2.7.0-neuronx-py310-sdk2.24.1-ubuntu22.04 2.7.0-neuronx-py310-sdk2.25.0-ubuntu22.04 2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04 2.8.0-neuronx-py311-sdk2.26.1-ubuntu22.04 2.9.0-neuronx-py312-sdk2.27.0-ubuntu24.04 2.9.0-neuronx-py312-sdk2.27.1-ubuntu24.04 2.9.0-neuronx-py312-sdk2.28.0-ubuntu24.04 2.9.0-neuronx-py312-sdk2.29.0-ubuntu24.04 2.9.0-neuronx-py312-sdk2.29.1-ubuntu24.04 2.9.0-neuronx-py312-sdk2.30.0-ubuntu24.04 2.9.0-neuronx-py312-sdk2.31.0-ubuntu24.04 2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04 0.7.2-neuronx-py310-sdk2.24.0-ubuntu22.04 0.7.2-neuronx-py310-sdk2.24.1-ubuntu22.04 0.9.1-neuronx-py310-sdk2.25.0-ubuntu22.04 0.9.1-neuronx-py311-sdk2.26.0-ubuntu22.04 0.9.1-neuronx-py311-sdk2.26.1-ubuntu22.04 0.11.0-neuronx-py312-sdk2.27.0-ubuntu24.04 0.11.0-neuronx-py312-sdk2.27.1-ubuntu24.04 0.13.0-neuronx-py312-sdk2.27.1-ubuntu24.04 0.13.0-neuronx-py312-sdk2.28.0-ubuntu24.04 0.16.0-neuronx-py312-sdk2.29.0-ubuntu24.04 0.16.0-neuronx-py312-sdk2.29.1-ubuntu24.04 0.16.0-neuronx-py312-sdk2.30.0-ubuntu24.04 0.16.0-neuronx-py312-sdk2.31.0-ubuntu24.04 0.21.0.1.0.0-neuronx-py313-sdk2.31.0-ubuntu24.04 0.16.0-neuronx-py312-sdk2.31.1-ubuntu24.04 0.21.0.1.0.0-neuronx-py313-sdk2.31.1-ubuntu24.04 0.24.0.1.1.0-neuronx-py313-sdk2.32.0-ubuntu24.04 1.11.0-neuron-py38-sdk2.3.0-ubuntu20.04 1.11.0-neuron-py38-sdk2.4.0-ubuntu20.04 1.12.0-neuron-py38-sdk2.6.0-ubuntu20.04 1.13.0-neuron-py38-sdk2.8.0-ubuntu20.04 1.13.0-neuronx-py38-sdk2.9.1-ubuntu20.04 1.15.5-neuron-py38-sdk2.5.0-ubuntu20.04 2.8.0-neuron-py38-sdk2.5.0-ubuntu20.04 1.15.5-neuron-py38-sdk2.8.0-ubuntu20.04 2.10.1-neuron-py38-sdk2.9.0-ubuntu20.04 2.10.1-neuron-py38-sdk2.10.0-ubuntu20.04 2.10.1-neuron-py310-sdk2.11.0-ubuntu20.04 2.10.1-neuron-py310-sdk2.12.0-ubuntu20.04 2.10.1-neuron-py310-sdk2.13.2-ubuntu20.04 2.10.1-neuron-py310-sdk2.14.1-ubuntu20.04 2.10.1-neuron-py310-sdk2.17.0-ubuntu20.04 2.10.1-neuronx-py38-sdk2.9.0-ubuntu20.04 2.10.1-neuronx-py38-sdk2.10.0-ubuntu20.04 2.10.1-neuronx-py310-sdk2.11.0-ubuntu20.04 2.10.1-neuronx-py310-sdk2.12.0-ubuntu20.04 2.10.1-neuronx-py310-sdk2.13.2-ubuntu20.04 2.10.1-neuronx-py310-sdk2.14.1-ubuntu20.04 2.10.1-neuronx-py310-sdk2.17.0-ubuntu20.04 /aws/service/neuron/dlami/multi-framework/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/multi-framework/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/multi-framework/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/jax-0.10/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/jax-0.10/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/jax-0.5/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/jax-0.5/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/jax-0.6/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/jax-0.6/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/jax-0.7/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/jax-0.7/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/jax-0.9/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/jax-0.9/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-1.13/amazon-linux-2/latest/image_id /aws/service/neuron/dlami/pytorch-1.13/ubuntu-20.04/latest/image_id /aws/service/neuron/dlami/pytorch-1.13/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-1.13-inf1/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.1/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.5/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-2.5/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.6/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-2.6/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.7/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-2.7/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.8/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-2.8/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/pytorch-2.9/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-2.9/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm-0.13/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm-0.16/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm-0.21.0.1.0.0/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/pytorch-inference-vllm-0.24.0.1.1.0/ubuntu-24.04/latest/image_id /aws/service/neuron/dlami/tensorflow-2.10/amazon-linux-2/latest/image_id /aws/service/neuron/dlami/tensorflow-2.10/ubuntu-20.04/latest/image_id /aws/service/neuron/dlami/tensorflow-2.10/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/base/amazon-linux-2/latest/image_id /aws/service/neuron/dlami/base/amazon-linux-2023/latest/image_id /aws/service/neuron/dlami/base/ubuntu-20.04/latest/image_id /aws/service/neuron/dlami/base/ubuntu-22.04/latest/image_id /aws/service/neuron/dlami/base/ubuntu-24.04/latest/image_id'
  local list15='end-of-support maintenance end-of-updates aws-neuron-dkms aws-neuron-k8-plugin aws-neuron-k8-scheduler aws-neuron-runtime-base aws-neuron-tools aws-neuronx-collectives aws-neuronx-dkms aws-neuronx-gpsimd-customop aws-neuronx-gpsimd-customop-lib aws-neuronx-gpsimd-tools aws-neuronx-k8-plugin aws-neuronx-k8-scheduler aws-neuronx-oci-hook aws-neuronx-oci-hooks aws-neuronx-runtime-discovery aws-neuronx-runtime-lib aws-neuronx-tools dmlc-nnvm dmlc-topi dmlc-tvm inferentia-hwm islpy jax-neuronx libneuronxla libtorch-neuronx-lite mx-neuron mxnet-neuron neuron-agentic-development neuron-cc neuronperf neuronx-cc neuronx-cc-stubs neuronx-distributed neuronx-distributed-inference neuronx-distributed-training neuronx-gpsimd-customop neuronx-gpsimd-tools neuronx-hwm nki nrtpy tensorboard-plugin-neuron tensorboard-plugin-neuronx tensorflow-model-server-neuron tensorflow-model-server-neuronx tensorflow-neuron tensorflow-neuronx torch torch-neuron torch-neuronx torch-xla transformers-neuronx vllm-neuron python 3.7 python 3.8 python 3.9 python 3.10 python 3.11 python 3.12 python 3.13 python 3.14'
  local list16='text json ics markdown'
  local list17='neff aws-neuron-dkms aws-neuron-k8-plugin aws-neuron-k8-scheduler aws-neuron-runtime-base aws-neuron-tools aws-neuronx-collectives aws-neuronx-dkms aws-neuronx-gpsimd-customop aws-neuronx-gpsimd-customop-lib aws-neuronx-gpsimd-tools aws-neuronx-k8-plugin aws-neuronx-k8-scheduler aws-neuronx-oci-hook aws-neuronx-oci-hooks aws-neuronx-runtime-discovery aws-neuronx-runtime-lib aws-neuronx-tools dmlc-nnvm dmlc-topi dmlc-tvm inferentia-hwm islpy jax-neuronx libneuronxla libtorch-neuronx-lite mx-neuron mxnet-neuron neuron-agentic-development neuron-cc neuronperf neuronx-cc neuronx-cc-stubs neuronx-distributed neuronx-distributed-inference neuronx-distributed-training neuronx-gpsimd-customop neuronx-gpsimd-tools neuronx-hwm nki nrtpy tensorboard-plugin-neuron tensorboard-plugin-neuronx tensorflow-model-server-neuron tensorflow-model-server-neuronx tensorflow-neuron tensorflow-neuronx torch torch-neuron torch-neuronx torch-xla transformers-neuronx vllm-neuron'
  local list18='with aws-neuron-dkms aws-neuron-k8-plugin aws-neuron-k8-scheduler aws-neuron-runtime-base aws-neuron-tools aws-neuronx-collectives aws-neuronx-dkms aws-neuronx-gpsimd-customop aws-neuronx-gpsimd-customop-lib aws-neuronx-gpsimd-tools aws-neuronx-k8-plugin aws-neuronx-k8-scheduler aws-neuronx-oci-hook aws-neuronx-oci-hooks aws-neuronx-runtime-discovery aws-neuronx-runtime-lib aws-neuronx-tools dmlc-nnvm dmlc-topi dmlc-tvm inferentia-hwm islpy jax-neuronx libneuronxla libtorch-neuronx-lite mx-neuron mxnet-neuron neuron-agentic-development neuron-cc neuronperf neuronx-cc neuronx-cc-stubs neuronx-distributed neuronx-distributed-inference neuronx-distributed-training neuronx-gpsimd-customop neuronx-gpsimd-tools neuronx-hwm nki nrtpy tensorboard-plugin-neuron tensorboard-plugin-neuronx tensorflow-model-server-neuron tensorflow-model-server-neuronx tensorflow-neuron tensorflow-neuronx torch torch-neuron torch-neuronx torch-xla transformers-neuronx vllm-neuron'
  local list19='2.27.5334.0 2.26.6360.0 2.25.3371.0 2.24.8799.0 2.24.5133.0 2.23.6484.0 2.22.12471.0 2.21.33363.0 2.21.18209.0 2.20.9961.0 2.19.8089.0 2.18.121.0 2.17.194.0 2.16.372.0 2.16.345.0 2.15.143.0 2.15.141.0 2.15.128.0 2.14.227.0 2.14.213.0 2.13.72.0 2.13.68.0 2.13.66.0 2.12.68.0 2.12.54.0 2.11.0.35 2.11.0.34 2.10.0.35 2.10.0.34 2.9.0.40 2.9.0.16 2.8.0.25 2.7.0.40 2.6.0.19 2.5.0.28 2.4.0.21 2.3.0.4 2.2.0.73 2.1.0.76'
  local list20='2.34.10.0 2.33.10.0 2.32.31.0 2.31.24.0 2.30.51.0 2.29.40.0 2.28.23.0 2.27.23.0 2.26.42.0 2.25.57.0 2.24.53.0 2.23.112.0 2.23.110.0 2.22.19.0 2.22.14.0 2.21.41.0 2.20.22.0 2.20.11.0 2.19.5.0 2.18.15.0 2.18.14.0 2.17.7.0 2.16.14.0 2.16.8.0 2.15.14.0 2.15.11.0 2.14.8.0 2.13.6.0 2.12.23.0 2.12.16.0 2.11.43.0 2.10.30.0 2.10.27.0 2.10.15.0 2.9.64.0'
  local list21='NP101 NP102 NP103 NP104 NP105 NP106 NP107 NP108 NP109 NP110 NP111 NP112 NP201 NP202 NP203 NP204 NP205 NP206 NP207 NP301 NP302 NP303 NP304 NP305 NP306 NP307 NP401 NP402 NP403 NP404 NP405 NP406 NP407 NP408 NP501 NP502 NP503 NP504 NP505 NP506 NP507 NP508 NP509 NP510 NP511 NP512 NP513 NP601 NP602 NP603 NP604 NP605 NP606 NP607 NP608 NP609 NP610 NP611 NP612 NP613 NP614 NP615 NP616 NP617 NP618 NP701 NP702 NP703 NP704 NP705 NP706 NP707 NP708'
  local list22='NP101 NP102 NP103 NP104 NP105 NP106 NP107 NP108 NP109 NP110 NP111 NP112 NP201 NP202 NP203 NP204 NP205 NP206 NP207 NP301 NP302 NP303 NP304 NP305 NP306 NP307 NP401 NP402 NP403 NP404 NP405 NP406 NP407 NP408 NP501 NP502 NP503 NP504 NP505 NP506 NP507 NP508 NP509 NP510 NP511 NP512 NP513 NP601 NP602 NP603 NP604 NP605 NP606 NP607 NP608 NP609 NP610 NP611 NP612 NP613 NP614 NP615 NP616 NP617 NP618 NP701 NP702 NP703 NP704 NP705 NP706 NP707 NP708 maintenance eos ending warning'
  local list23='text json sarif github cyclonedx spdx markdown'
  local list24='nothing host 2.32.0 2.31.1 2.31.0 2.30.0 2.29.1 2.29.0 2.28.1 2.28.0 2.27.1 2.27.0 2.26.1 2.26.0 2.25.0 2.24.1 2.24.0 2.23.0 2.22.0 2.21.1 2.21.0 2.20.2 2.20.1 2.20.0 2.19.1 2.19.0 2.18.2 2.18.1 2.18.0 2.17.0 2.16.1 2.16.0 2.15.2 2.15.1 2.15.0 2.14.1 2.14.0 2.13.2 2.13.1 2.13.0 2.12.2 2.12.1 2.12.0 2.11.0 2.10.0 2.9.1 2.9.0 2.8.0 2.7.0 2.6.0 2.5.0 2.4.0 2.3.0'
  local list25='pytorch jax tensorflow mxnet none'
  local list26='all driver runtime tools compiler framework efa driver_runtime_tools compiler_framework'
  local list27='non-dlami dlami-base dlami-framework dlami-neuron'
  local list28='pip uv'
  local list29='text json markdown sh dockerfile'
  local list30='text json markdown'
  local list31='aws-neuron-dkms aws-neuron-k8-plugin aws-neuron-k8-scheduler aws-neuron-runtime-base aws-neuron-tools aws-neuronx-collectives aws-neuronx-dkms aws-neuronx-gpsimd-customop aws-neuronx-gpsimd-customop-lib aws-neuronx-gpsimd-tools aws-neuronx-k8-plugin aws-neuronx-k8-scheduler aws-neuronx-oci-hook aws-neuronx-oci-hooks aws-neuronx-runtime-discovery aws-neuronx-runtime-lib aws-neuronx-tools dmlc-nnvm dmlc-topi dmlc-tvm inferentia-hwm islpy jax-neuronx libneuronxla libtorch-neuronx-lite mx-neuron mxnet-neuron neuron-agentic-development neuron-cc neuronperf neuronx-cc neuronx-cc-stubs neuronx-distributed neuronx-distributed-inference neuronx-distributed-training neuronx-gpsimd-customop neuronx-gpsimd-tools neuronx-hwm nki nrtpy tensorboard-plugin-neuron tensorboard-plugin-neuronx tensorflow-model-server-neuron tensorflow-model-server-neuronx tensorflow-neuron tensorflow-neuronx torch torch-neuron torch-neuronx torch-xla transformers-neuronx vllm-neuron python3.7 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14'
  local list32='sdk component framework python os instance dependency dlami dlc feature api model-class'
  local list33='training inference'
  local list34='text json html svg ics'
  local list35='apt dnf pip uv'
  local list36='allow refuse'
  local list37='system user venv'
  local list38='aws-neuron-dkms= aws-neuron-k8-plugin= aws-neuron-k8-scheduler= aws-neuron-runtime-base= aws-neuron-tools= aws-neuronx-collectives= aws-neuronx-dkms= aws-neuronx-gpsimd-customop= aws-neuronx-gpsimd-customop-lib= aws-neuronx-gpsimd-tools= aws-neuronx-k8-plugin= aws-neuronx-k8-scheduler= aws-neuronx-oci-hook= aws-neuronx-oci-hooks= aws-neuronx-runtime-discovery= aws-neuronx-runtime-lib= aws-neuronx-tools= dmlc-nnvm= dmlc-topi= dmlc-tvm= inferentia-hwm= islpy= jax-neuronx= libneuronxla= libtorch-neuronx-lite= mx-neuron= mxnet-neuron= neuron-agentic-development= neuron-cc= neuronperf= neuronx-cc= neuronx-cc-stubs= neuronx-distributed= neuronx-distributed-inference= neuronx-distributed-training= neuronx-gpsimd-customop= neuronx-gpsimd-tools= neuronx-hwm= nki= nrtpy= tensorboard-plugin-neuron= tensorboard-plugin-neuronx= tensorflow-model-server-neuron= tensorflow-model-server-neuronx= tensorflow-neuron= tensorflow-neuronx= torch= torch-neuron= torch-neuronx= torch-xla= transformers-neuronx= vllm-neuron='
  local list39='redirect cache'
  local list40='summary full'
  local list41='json text'
  local list42='text json html csv sarif'
  local list43='text json sarif'
  local list44='NP101 NP102 NP103 NP104 NP105 NP106 NP107 NP108 NP109 NP110 NP111 NP112 NP201 NP202 NP203 NP204 NP205 NP206 NP207 NP301 NP302 NP303 NP304 NP305 NP306 NP307 NP401 NP402 NP403 NP404 NP405 NP406 NP407 NP408 NP501 NP502 NP503 NP504 NP505 NP506 NP507 NP508 NP509 NP510 NP511 NP512 NP513 NP601 NP602 NP603 NP604 NP605 NP606 NP607 NP608 NP609 NP610 NP611 NP612 NP613 NP614 NP615 NP616 NP617 NP618 NP701 NP702 NP703 NP704 NP705 NP706 NP707 NP708 phases classification updates statements'
  local list45='bash zsh fish'
  local list46='lock outdated upcoming explain check verify why plan diff explain-error lifecycle hook serve exec fleet releases image catalog policy doctor cache completion help version'
  local cur=${COMP_WORDS[COMP_CWORD]} path="" option="" words="" paths="" count=0 word i
  # An equals sign is a word of its own.
  [[ $cur == = ]] && cur=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == = ]] && continue
    if [[ -n $option ]]; then
      option=""
      continue
    fi
    case $word in
    --)
      if [[ $path == exec ]]; then
        if declare -F _comp_command_offset >/dev/null; then
          _comp_command_offset $((i + 1))
        elif declare -F _command_offset >/dev/null; then
          _command_offset $((i + 1))
        fi
        return
      fi ;;
    -*)
      case $path in
      '')
        case $word in --color) option=$word ;; esac ;;
      lock)
        case $word in --color | -r | --requirement | --requirements | -c | --constraint | --constraints | -P | --upgrade-package | --pin | -o | --output | --output-file | --host-output | --container-output | --format | --instance | --os | --python | --python-version | --sdk | --scope | --phase | --as-of | --exclude-newer | --target | --platform | --require-support-until | --with-driver | --with-kernel | -i | --index-url | --extra-index-url | --neuron-index-url | --newer-than-facts | --apt-repo | --rpm-repo | --index | --trusted-host | -f | --find-links | --cache-dir | --cert | --client-cert | --proxy | --timeout | --root | --expires | --group | --extra | --override | --build) option=$word ;; esac ;;
      outdated)
        case $word in --color | --venv | --root | --format | --instance | --os | --python | --python-version | --sdk | --scope | --phase | --as-of | --exclude-newer | --target | --platform | --require-support-until | --with-driver | --with-kernel) option=$word ;; esac ;;
      upcoming)
        case $word in --color | --lock | --venv | --image | --root | --within | --fail-within | --ignore | -o | --output | --output-file | --format | --instance | --os | --python | --python-version | --as-of | --exclude-newer | --with-kernel) option=$word ;; esac ;;
      explain)
        case $word in --color | --root | --compiler | --runtime | --lock | --format | --instance | --os | --python | --python-version | --sdk | --scope | --phase | --as-of | --exclude-newer | --target | --platform | --require-support-until | --with-driver | --with-kernel | -i | --index-url | --extra-index-url | --neuron-index-url | --newer-than-facts | --apt-repo | --rpm-repo | --index | --trusted-host | -f | --find-links | --cache-dir | --cert | --client-cert | --proxy | --timeout) option=$word ;; esac ;;
      check)
        case $word in --color | --venv | --root | --image | --lock | --neff-compiler | --neuron-index-url | --ignore | --fail-on | --within | --baseline | --write-baseline | --format | --instance | --os | --python | --python-version | --sdk | --scope | --phase | --as-of | --exclude-newer | --target | --platform | --require-support-until | --with-driver | --with-kernel) option=$word ;; esac ;;
      verify)
        case $word in --color | --python | --python-version | --format | -i | --index-url | --neuron-index-url | --trusted-host | --cert | --client-cert | --proxy | --timeout) option=$word ;; esac ;;
      why)
        case $word in --color | --lock | --format) option=$word ;; esac ;;
      plan)
        case $word in --color | --from | --to | --framework | --framework-version | --category | --ami | --installer | --venv | --root | -o | --output | --output-file | --format | --instance | --os | --python | --python-version | --sdk | --scope | --phase | --as-of | --exclude-newer | --target | --platform | --require-support-until | --with-driver | --with-kernel) option=$word ;; esac ;;
      diff)
        case $word in --color | --instance | --root | --as-of | --format) option=$word ;; esac ;;
      explain-error)
        case $word in --color | --root | --venv | --lock | --instance | --os | --python | --format) option=$word ;; esac ;;
      lifecycle)
        case $word in --color | --kind | --component | --workload | --instance | --as-of | --lock | -o | --output | --output-file | --format) option=$word ;; esac ;;
      hook)
        case $word in --color) option=$word ;; esac ;;
      'hook install')
        case $word in --color | --lock | --via | --on-error | --expires | --scope | --venv | --root) option=$word ;; esac ;;
      'hook status')
        case $word in --color | --scope | --venv | --root | --format) option=$word ;; esac ;;
      'hook test')
        case $word in --color | --lock | --root | --format) option=$word ;; esac ;;
      'hook remove')
        case $word in --color | --scope | --venv | --root) option=$word ;; esac ;;
      serve)
        case $word in --color | --listen | --certfile | --keyfile | --files | --file-host | --cache-size | --sdk | --instance | --as-of | --exclude-newer | --phase | -i | --index-url | --extra-index-url | --neuron-index-url | --index | --trusted-host | --cache-dir | --cert | --client-cert | --proxy) option=$word ;; esac ;;
      exec)
        case $word in --color | --lock | --cache-dir) option=$word ;; esac ;;
      fleet)
        case $word in --color) option=$word ;; esac ;;
      'fleet facts')
        case $word in --color | --root | --name | --gather | --lock | --instance | --os | --as-of | --within | -o | --output | --output-file | --format) option=$word ;; esac ;;
      'fleet classes')
        case $word in --color | --format) option=$word ;; esac ;;
      'fleet report')
        case $word in --color | --lock | --before | --as-of | -o | --output | --output-file | --format) option=$word ;; esac ;;
      releases)
        case $word in --color | --instance | --as-of | --format) option=$word ;; esac ;;
      image)
        case $word in --color | --as-of | --format) option=$word ;; esac ;;
      catalog)
        case $word in --color) option=$word ;; esac ;;
      'catalog show')
        case $word in --color | --format) option=$word ;; esac ;;
      'catalog update')
        case $word in --color | --feed | --into | --cache-dir | --cert | --client-cert | --proxy | --timeout | --signed-by | --format) option=$word ;; esac ;;
      'catalog import')
        case $word in --color | --into | --cache-dir | --cert | --client-cert | --proxy | --timeout | --signed-by | --format) option=$word ;; esac ;;
      'catalog verify')
        case $word in --color | --signed-by | --format) option=$word ;; esac ;;
      'catalog lint')
        case $word in --color | --format) option=$word ;; esac ;;
      policy)
        case $word in --color | --as-of | --format) option=$word ;; esac ;;
      doctor)
        case $word in --color | --root | --format) option=$word ;; esac ;;
      cache)
        case $word in --color) option=$word ;; esac ;;
      'cache info')
        case $word in --color | --cache-dir | --format) option=$word ;; esac ;;
      'cache prune')
        case $word in --color | --cache-dir | --format) option=$word ;; esac ;;
      'cache clear')
        case $word in --color | --cache-dir | --format) option=$word ;; esac ;;
      completion)
        case $word in --color) option=$word ;; esac ;;
      help)
        case $word in --color) option=$word ;; esac ;;
      version)
        case $word in --color) option=$word ;; esac ;;
      esac ;;
    *)
      case "$path/$word" in
      /lock | /outdated | /upcoming | /explain | /check | /verify | /why | /plan | /diff | /explain-error | /lifecycle | /hook | /serve | /exec | /fleet | /releases | /image | /catalog | /policy | /doctor | /cache | /completion | /help | /version | hook/install | hook/status | hook/test | hook/remove | fleet/facts | fleet/classes | fleet/report | catalog/show | catalog/update | catalog/import | catalog/verify | catalog/lint | cache/info | cache/prune | cache/clear)
        path="${path:+$path }$word" count=0 ;;
      *) ((++count)) ;;
      esac ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$path $option" in
    ' --color') words=$list1 ;;
    'lock --color') words=$list1 ;;
    'lock -r' | 'lock --requirement' | 'lock --requirements') paths=-f ;;
    'lock -c' | 'lock --constraint' | 'lock --constraints') paths=-f ;;
    'lock -P' | 'lock --upgrade-package') words=$list2 ;;
    'lock --pin') words=$list3 ;;
    'lock -o' | 'lock --output' | 'lock --output-file') paths=-f ;;
    'lock --host-output') paths=-f ;;
    'lock --container-output') paths=-f ;;
    'lock --format') words=$list4 ;;
    'lock --instance') words=$list5 ;;
    'lock --os') words=$list6 ;;
    'lock --python' | 'lock --python-version') words=$list7 ;;
    'lock --sdk') words=$list8 ;;
    'lock --scope') words=$list9 ;;
    'lock --phase') words=$list10 ;;
    'lock --target') words=$list11 ;;
    'lock --newer-than-facts') words=$list12 ;;
    'lock -f' | 'lock --find-links') paths=-d ;;
    'lock --cache-dir') paths=-d ;;
    'lock --cert') paths=-f ;;
    'lock --client-cert') paths=-f ;;
    'lock --root') paths=-d ;;
    'lock --override') paths=-f ;;
    'lock --build') words=$list2 ;;
    'outdated --color') words=$list1 ;;
    'outdated --venv') paths=-d ;;
    'outdated --root') paths=-d ;;
    'outdated --format') words=$list13 ;;
    'outdated --instance') words=$list5 ;;
    'outdated --os') words=$list6 ;;
    'outdated --python' | 'outdated --python-version') words=$list7 ;;
    'outdated --sdk') words=$list8 ;;
    'outdated --scope') words=$list9 ;;
    'outdated --phase') words=$list10 ;;
    'outdated --target') words=$list11 ;;
    'upcoming --color') words=$list1 ;;
    'upcoming --lock') paths=-f ;;
    'upcoming --venv') paths=-d ;;
    'upcoming --image') words=$list14 ;;
    'upcoming --root') paths=-d ;;
    'upcoming --ignore') words=$list15 ;;
    'upcoming -o' | 'upcoming --output' | 'upcoming --output-file') paths=-f ;;
    'upcoming --format') words=$list16 ;;
    'upcoming --instance') words=$list5 ;;
    'upcoming --os') words=$list6 ;;
    'upcoming --python' | 'upcoming --python-version') words=$list7 ;;
    'explain --color') words=$list1 ;;
    'explain --root') paths=-d ;;
    'explain --compiler') words=$list19 ;;
    'explain --runtime') words=$list20 ;;
    'explain --lock') paths=-f ;;
    'explain --format') words=$list13 ;;
    'explain --instance') words=$list5 ;;
    'explain --os') words=$list6 ;;
    'explain --python' | 'explain --python-version') words=$list7 ;;
    'explain --sdk') words=$list8 ;;
    'explain --scope') words=$list9 ;;
    'explain --phase') words=$list10 ;;
    'explain --target') words=$list11 ;;
    'explain --newer-than-facts') words=$list12 ;;
    'explain -f' | 'explain --find-links') paths=-d ;;
    'explain --cache-dir') paths=-d ;;
    'explain --cert') paths=-f ;;
    'explain --client-cert') paths=-f ;;
    'check --color') words=$list1 ;;
    'check --venv') paths=-d ;;
    'check --root') paths=-d ;;
    'check --image') paths=-f ;;
    'check --lock') paths=-f ;;
    'check --neff-compiler') words=$list19 ;;
    'check --ignore') words=$list21 ;;
    'check --fail-on') words=$list22 ;;
    'check --baseline') paths=-f ;;
    'check --write-baseline') paths=-f ;;
    'check --format') words=$list23 ;;
    'check --instance') words=$list5 ;;
    'check --os') words=$list6 ;;
    'check --python' | 'check --python-version') words=$list7 ;;
    'check --sdk') words=$list8 ;;
    'check --scope') words=$list9 ;;
    'check --phase') words=$list10 ;;
    'check --target') words=$list11 ;;
    'verify --color') words=$list1 ;;
    'verify --python' | 'verify --python-version') words=$list7 ;;
    'verify --format') words=$list13 ;;
    'verify --cert') paths=-f ;;
    'verify --client-cert') paths=-f ;;
    'why --color') words=$list1 ;;
    'why --lock') paths=-f ;;
    'why --format') words=$list13 ;;
    'plan --color') words=$list1 ;;
    'plan --from') words=$list24 ;;
    'plan --to') words=$list8 ;;
    'plan --framework') words=$list25 ;;
    'plan --category') words=$list26 ;;
    'plan --ami') words=$list27 ;;
    'plan --installer') words=$list28 ;;
    'plan --venv') paths=-d ;;
    'plan --root') paths=-d ;;
    'plan -o' | 'plan --output' | 'plan --output-file') paths=-f ;;
    'plan --format') words=$list29 ;;
    'plan --instance') words=$list5 ;;
    'plan --os') words=$list6 ;;
    'plan --python' | 'plan --python-version') words=$list7 ;;
    'plan --sdk') words=$list8 ;;
    'plan --scope') words=$list9 ;;
    'plan --phase') words=$list10 ;;
    'plan --target') words=$list11 ;;
    'diff --color') words=$list1 ;;
    'diff --instance') words=$list5 ;;
    'diff --root') paths=-d ;;
    'diff --format') words=$list30 ;;
    'explain-error --color') words=$list1 ;;
    'explain-error --root') paths=-d ;;
    'explain-error --venv') paths=-d ;;
    'explain-error --lock') paths=-f ;;
    'explain-error --instance') words=$list5 ;;
    'explain-error --os') words=$list6 ;;
    'explain-error --python') words=$list7 ;;
    'explain-error --format') words=$list30 ;;
    'lifecycle --color') words=$list1 ;;
    'lifecycle --kind') words=$list32 ;;
    'lifecycle --component') words=$list2 ;;
    'lifecycle --workload') words=$list33 ;;
    'lifecycle --instance') words=$list5 ;;
    'lifecycle --lock') paths=-f ;;
    'lifecycle -o' | 'lifecycle --output' | 'lifecycle --output-file') paths=-f ;;
    'lifecycle --format') words=$list34 ;;
    'hook --color') words=$list1 ;;
    'hook install --color') words=$list1 ;;
    'hook install --lock') paths=-f ;;
    'hook install --on-error') words=$list36 ;;
    'hook install --scope') words=$list37 ;;
    'hook install --venv') paths=-d ;;
    'hook install --root') paths=-d ;;
    'hook status --color') words=$list1 ;;
    'hook status --scope') words=$list37 ;;
    'hook status --venv') paths=-d ;;
    'hook status --root') paths=-d ;;
    'hook status --format') words=$list13 ;;
    'hook test --color') words=$list1 ;;
    'hook test --lock') paths=-f ;;
    'hook test --root') paths=-d ;;
    'hook test --format') words=$list13 ;;
    'hook remove --color') words=$list1 ;;
    'hook remove --scope') words=$list37 ;;
    'hook remove --venv') paths=-d ;;
    'hook remove --root') paths=-d ;;
    'serve --color') words=$list1 ;;
    'serve --certfile') paths=-f ;;
    'serve --keyfile') paths=-f ;;
    'serve --files') words=$list39 ;;
    'serve --sdk') words=$list8 ;;
    'serve --instance') words=$list5 ;;
    'serve --phase') words=$list10 ;;
    'serve --cache-dir') paths=-d ;;
    'serve --cert') paths=-f ;;
    'serve --client-cert') paths=-f ;;
    'exec --color') words=$list1 ;;
    'exec --lock') paths=-f ;;
    'exec --cache-dir') paths=-d ;;
    'fleet --color') words=$list1 ;;
    'fleet facts --color') words=$list1 ;;
    'fleet facts --root') paths=-d ;;
    'fleet facts --gather') words=$list40 ;;
    'fleet facts --lock') paths=-f ;;
    'fleet facts --instance') words=$list5 ;;
    'fleet facts --os') words=$list6 ;;
    'fleet facts -o' | 'fleet facts --output' | 'fleet facts --output-file') paths=-f ;;
    'fleet facts --format') words=$list41 ;;
    'fleet classes --color') words=$list1 ;;
    'fleet classes --format') words=$list13 ;;
    'fleet report --color') words=$list1 ;;
    'fleet report --lock') paths=-f ;;
    'fleet report --before') paths=-d ;;
    'fleet report -o' | 'fleet report --output' | 'fleet report --output-file') paths=-f ;;
    'fleet report --format') words=$list42 ;;
    'releases --color') words=$list1 ;;
    'releases --instance') words=$list5 ;;
    'releases --format') words=$list13 ;;
    'image --color') words=$list1 ;;
    'image --format') words=$list13 ;;
    'catalog --color') words=$list1 ;;
    'catalog show --color') words=$list1 ;;
    'catalog show --format') words=$list13 ;;
    'catalog update --color') words=$list1 ;;
    'catalog update --feed') paths=-d ;;
    'catalog update --into') paths=-d ;;
    'catalog update --cache-dir') paths=-d ;;
    'catalog update --cert') paths=-f ;;
    'catalog update --client-cert') paths=-f ;;
    'catalog update --signed-by') paths=-f ;;
    'catalog update --format') words=$list13 ;;
    'catalog import --color') words=$list1 ;;
    'catalog import --into') paths=-d ;;
    'catalog import --cache-dir') paths=-d ;;
    'catalog import --cert') paths=-f ;;
    'catalog import --client-cert') paths=-f ;;
    'catalog import --signed-by') paths=-f ;;
    'catalog import --format') words=$list13 ;;
    'catalog verify --color') words=$list1 ;;
    'catalog verify --signed-by') paths=-f ;;
    'catalog verify --format') words=$list13 ;;
    'catalog lint --color') words=$list1 ;;
    'catalog lint --format') words=$list43 ;;
    'policy --color') words=$list1 ;;
    'policy --format') words=$list30 ;;
    'doctor --color') words=$list1 ;;
    'doctor --root') paths=-d ;;
    'doctor --format') words=$list43 ;;
    'cache --color') words=$list1 ;;
    'cache info --color') words=$list1 ;;
    'cache info --cache-dir') paths=-d ;;
    'cache info --format') words=$list13 ;;
    'cache prune --color') words=$list1 ;;
    'cache prune --cache-dir') paths=-d ;;
    'cache prune --format') words=$list13 ;;
    'cache clear --color') words=$list1 ;;
    'cache clear --cache-dir') paths=-d ;;
    'cache clear --format') words=$list13 ;;
    'completion --color') words=$list1 ;;
    'help --color') words=$list1 ;;
    'version --color') words=$list1 ;;
    esac
  elif [[ $cur == -* ]]; then
    case $path in
    '') words='-h --help -q --quiet -v --verbose --color -V --version' ;;
    lock) words='-h --help -q --quiet -v --verbose --color -r --requirement --requirements -c --constraint --constraints -U --upgrade -P --upgrade-package --pin -o --output --output-file --host-output --container-output --format --check --locked --diff --dry-run --generate-hashes --instance --os --python --python-version --sdk --scope --phase --as-of --exclude-newer --target --platform --require-support-until --with-driver --with-kernel --offline -i --index-url --extra-index-url --neuron-index-url --newer-than-facts --apt-repo --rpm-repo --index --trusted-host -f --find-links --no-index --refresh --cache-dir --cert --client-cert --proxy --timeout --root --overwrite --remove --expires --group --extra --all-extras --override --build' ;;
    outdated) words='-h --help -q --quiet -v --verbose --color --venv --host --root --all --exit-zero --format --instance --os --python --python-version --sdk --scope --phase --as-of --exclude-newer --target --platform --require-support-until --with-driver --with-kernel' ;;
    upcoming) words='-h --help -q --quiet -v --verbose --color --lock --venv --host --image --root --all --within --fail-within --ignore -o --output --output-file --overwrite --format --instance --os --python --python-version --as-of --exclude-newer --with-kernel' ;;
    explain) words='-h --help -q --quiet -v --verbose --color --host --root --compiler --runtime --lock --format --instance --os --python --python-version --sdk --scope --phase --as-of --exclude-newer --target --platform --require-support-until --with-driver --with-kernel --offline -i --index-url --extra-index-url --neuron-index-url --newer-than-facts --apt-repo --rpm-repo --index --trusted-host -f --find-links --no-index --refresh --cache-dir --cert --client-cert --proxy --timeout' ;;
    check) words='-h --help -q --quiet -v --verbose --color --venv --host --root --image --lock --neff-compiler --neuron-index-url --offline --ignore --fail-on --strict --exit-zero --within --baseline --write-baseline --fix --diff --format --instance --os --python --python-version --sdk --scope --phase --as-of --exclude-newer --target --platform --require-support-until --with-driver --with-kernel' ;;
    verify) words='-h --help -q --quiet -v --verbose --color --files --python --python-version --format --offline -i --index-url --neuron-index-url --trusted-host --cert --client-cert --proxy --timeout' ;;
    why) words='-h --help -q --quiet -v --verbose --color --lock --format' ;;
    plan) words='-h --help -q --quiet -v --verbose --color --from --to --framework --framework-version --category --ami --installer --venv --root -o --output --output-file --overwrite --format --instance --os --python --python-version --sdk --scope --phase --as-of --exclude-newer --target --platform --require-support-until --with-driver --with-kernel' ;;
    diff) words='-h --help -q --quiet -v --verbose --color --instance --root --as-of --all --format' ;;
    explain-error) words='-h --help -q --quiet -v --verbose --color --journal --host --root --venv --lock --instance --os --python --format' ;;
    lifecycle) words='-h --help -q --quiet -v --verbose --color --kind --component --workload --instance --as-of --lock -o --output --output-file --overwrite --format' ;;
    hook) words='-h --help -q --quiet -v --verbose --color' ;;
    'hook install') words='-h --help -q --quiet -v --verbose --color --lock --via --on-error --expires --dry-run --overwrite --allow-other-os --scope --venv --root' ;;
    'hook status') words='-h --help -q --quiet -v --verbose --color --scope --venv --root --format' ;;
    'hook test') words='-h --help -q --quiet -v --verbose --color --lock --root --format' ;;
    'hook remove') words='-h --help -q --quiet -v --verbose --color --dry-run --overwrite --scope --venv --root' ;;
    serve) words='-h --help -q --quiet -v --verbose --color --listen --certfile --keyfile --check --no-access-log --files --file-host --cache-size --no-read-ahead --warm-up --sdk --instance --as-of --exclude-newer --phase -i --index-url --extra-index-url --neuron-index-url --index --trusted-host --offline --cache-dir --cert --client-cert --proxy' ;;
    exec) words='-h --help -q --quiet -v --verbose --color --lock --cache-dir' ;;
    fleet) words='-h --help -q --quiet -v --verbose --color' ;;
    'fleet facts') words='-h --help -q --quiet -v --verbose --color --root --name --gather --no-check --lock --instance --os --as-of --within -o --output --output-file --overwrite --format' ;;
    'fleet classes') words='-h --help -q --quiet -v --verbose --color --format' ;;
    'fleet report') words='-h --help -q --quiet -v --verbose --color --lock --before --as-of --exit-zero -o --output --output-file --overwrite --format' ;;
    releases) words='-h --help -q --quiet -v --verbose --color --instance --as-of --format' ;;
    image) words='-h --help -q --quiet -v --verbose --color --as-of --all --format' ;;
    catalog) words='-h --help -q --quiet -v --verbose --color' ;;
    'catalog show') words='-h --help -q --quiet -v --verbose --color --format' ;;
    'catalog update') words='-h --help -q --quiet -v --verbose --color --feed --check --allow-older --into --offline --cache-dir --cert --client-cert --proxy --timeout --signed-by --format' ;;
    'catalog import') words='-h --help -q --quiet -v --verbose --color --into --offline --cache-dir --cert --client-cert --proxy --timeout --signed-by --format' ;;
    'catalog verify') words='-h --help -q --quiet -v --verbose --color --signed-by --format' ;;
    'catalog lint') words='-h --help -q --quiet -v --verbose --color --format' ;;
    policy) words='-h --help -q --quiet -v --verbose --color --as-of --format' ;;
    doctor) words='-h --help -q --quiet -v --verbose --color --root --format' ;;
    cache) words='-h --help -q --quiet -v --verbose --color' ;;
    'cache info') words='-h --help -q --quiet -v --verbose --color --cache-dir --format' ;;
    'cache prune') words='-h --help -q --quiet -v --verbose --color --cache-dir --format' ;;
    'cache clear') words='-h --help -q --quiet -v --verbose --color --cache-dir --format' ;;
    completion) words='-h --help -q --quiet -v --verbose --color' ;;
    help) words='-h --help -q --quiet -v --verbose --color' ;;
    version) words='-h --help -q --quiet -v --verbose --color' ;;
    esac
  else
    case $path/$count in
    ''/*) words='lock outdated upcoming explain check verify why plan diff explain-error lifecycle hook serve exec fleet releases image catalog policy doctor cache completion help version' ;;
    lock/*) words=$list2 ;;
    outdated/0) paths=-f ;;
    upcoming/*) paths=-f ;;
    explain/0) words=$list17 ;;
    explain/*) words=$list18 ;;
    check/*) paths=-f ;;
    verify/0) paths=-f ;;
    verify/*) words=$list2 ;;
    why/0) words=$list2 ;;
    plan/*) words=$list2 ;;
    diff/0) paths=-f ;;
    diff/1) paths=-f ;;
    explain-error/*) paths=-f ;;
    lifecycle/*) words=$list31 ;;
    hook/*) words='install status test remove' ;;
    'hook install'/*) words=$list35 ;;
    'hook status'/*) words=$list35 ;;
    'hook test'/*) words=$list38 ;;
    'hook remove'/*) words=$list35 ;;
    fleet/*) words='facts classes report' ;;
    'fleet classes'/*) paths=-f ;;
    'fleet report'/*) paths=-f ;;
    releases/0) words=$list8 ;;
    image/0) words=$list14 ;;
    catalog/*) words='show update import verify lint' ;;
    'catalog import'/*) paths=-f ;;
    'catalog verify'/*) paths=-f ;;
    'catalog lint'/*) paths=-d ;;
    policy/0) words=$list44 ;;
    cache/*) words='info prune clear' ;;
    completion/0) words=$list45 ;;
    help/*) words=$list46 ;;
    esac
  fi
  local IFS=$'\n'
  if [[ -n $paths ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen "$paths" -- "$cur"))
  else
    IFS=$' \t\n'
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _neuron_pin neuron-pin
